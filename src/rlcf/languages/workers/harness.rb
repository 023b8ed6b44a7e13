# Runs the unit `program.rb`: the program, `RlcfHarness.start`, the tests, and
# `RlcfHarness.reached(...)` in the last line. Writes the token when all that runs at the exit is
# over (there Test::Unit and Minitest run), if the end was reached. Standard input: the token, how
# many bytes of the unit come before the first call and before the second, and the entry point.
module RlcfHarness
  UNIT = './program.rb'
  HERE = File.expand_path(__FILE__)
  PATH = File.expand_path(UNIT)
  STACK = Kernel.instance_method(:caller_locations)
  ORIGIN = Exception.instance_method(:backtrace_locations)
  LOOKUP = Module.instance_method(:instance_method)
  METHODS = []
  ENDS = %i[raise fail abort exit exit! at_exit]
  COMPARE = %i[== != === eql? equal? ! nil? <=>]
  VALUES = [Object, Integer, Float, String, Symbol, Array, Hash, Range, NilClass, TrueClass,
            FalseClass, Exception, TOPLEVEL_BINDING.receiver.singleton_class]

  # A number of 32 bits: what is no object is found by no search through objects.
  def self.word
    8.times.inject(0) { |sum, _| (sum << 4) + $stdin.readbyte.chr.hex }
  end

  # What the tests check with: each method as it is found from a class before the program runs.
  def self.known(tests, entry)
    before = ObjectSpace.each_object(Module).to_a
    tests.scan(/^\s*require\s*\(?\s*['"]([\w\/]+)['"]/) do |name,|
      require name
    rescue LoadError
      next # the tests will say so
    end
    libraries = ObjectSpace.each_object(Module).to_a - before
    found(VALUES, COMPARE + ENDS - [entry.to_sym]) + found(libraries, tests.scan(/\w+[?!]?/).uniq.map(&:to_sym))
  end

  def self.found(owners, names)
    owners.product(names).filter_map do |owner, name|
      [owner, name, owner.instance_method(name)]
    rescue NameError
      next
    end
  end

  # Whether the unit itself, run by `load` below, is in this line: only then so many frames lie
  # below it in the main fiber.
  def self.at?(frames, line)
    frames = frames.drop_while { |frame| frame.absolute_path == HERE }
    frames.size == 4 && frames[3].label == '<main>' && frames[0].lineno == line &&
      frames[0].absolute_path == PATH
  end

  # Whether the tests, and they alone, led to this exit: the innermost line has the word.
  def self.by_tests?(frames, lines, first)
    frames && frames.size > 3 && frames[-1].label == '<main>' &&
      lines[frames[0].lineno - 1].to_s.include?('exit') &&
      frames[0...-3].all? { |frame| frame.absolute_path == PATH && frame.lineno >= first }
  end

  # An exit of a handler of the program's keeps others from running theirs; one of a library's says
  # that tests failed. No later handler takes it back.
  def self.bad_exit?(success, frames, first)
    return frames[-1].lineno < first if frames[-1].absolute_path == PATH
    !success && frames.none? { |frame| frame.absolute_path == PATH }
  end

  # The first that is registered runs last, after all tests that run at the exit.
  def self.at_the_end(check, done)
    leave = Process.method(:exit!)
    at_exit do
      if ($!.nil? || (SystemExit === $! && $!.success?)) && check.call
        name = replaced
        done.call unless name
        STDERR.write("the program replaced #{name}, which its tests use\n") if name
        leave.call(1) if name
      end
    end
  end

  def self.replaced
    changed = METHODS.find do |owner, name, method|
      LOOKUP.bind_call(owner, name) != method
    rescue NameError
      true
    end
    changed && "#{changed[0].inspect}##{changed[1]}"
  end

  def self.run
    a, b, c, d = word, word, word, word
    size, code, entry = $stdin.read.split
    $stdin.reopen('/dev/null')
    text = File.binread(UNIT)
    lines = text.lines
    first, last = [size, code].map { |count| text.byteslice(0, count.to_i).count("\n") + 1 }
    started = ended = failed = false
    done = -> { File.write('done', format('%08x' * 4, a, b, c, d)) }
    at_the_end(-> { ended && !failed }, done)
    METHODS.concat(known(text.byteslice(size.to_i...code.to_i), entry.to_s))
    define_singleton_method(:start) do
      started = true if at?(STACK.bind_call(self, 0), first)
    end
    # The arguments are comparisons that do not hold, made where the tests make theirs.
    define_singleton_method(:reached) do |v, w, x, y, z|
      ended = true if started && !(v || w || x || y || z) && at?(STACK.bind_call(self, 0), last)
    end
    SystemExit.prepend(Module.new do
      define_method(:initialize) do |*args|
        super(*args)
        failed = true if ended && RlcfHarness.bad_exit?(success?, STACK.bind_call(self, 1), first)
      end
    end)
    close
    begin
      load UNIT
    rescue SystemExit => e
      ended = true if started && e.success? && by_tests?(ORIGIN.bind_call(e), lines, first)
      raise
    end
  end

  # Nothing of the above can be redefined, and its local variables are read by no one.
  def self.close
    binding = Proc.instance_method(:binding)
    Proc.define_method(:binding) do
      raise ArgumentError, 'no binding' if source_location && source_location[0] == __FILE__
      binding.bind_call(self)
    end
    TracePoint.singleton_class.undef_method(:new, :trace)
    Kernel.undef_method(:set_trace_func)
    METHODS.each(&:freeze).freeze
    [self, singleton_class, SystemExit, UnboundMethod, Method, Thread::Backtrace::Location].each(&:freeze)
  end
end

RlcfHarness.run
