# The warm worker of Ruby: compiles programs in memory and runs none of them.
require 'json'

PLACE = /^program\.rb:(\d+): (.*)$/

def findings(source)
  RubyVM::InstructionSequence.compile(source, 'program.rb', 'program.rb', 1)
  []
rescue SyntaxError => e
  lines = e.message.split("\n")
  found = lines.each_with_index.map do |line, i|
    place = PLACE.match(line.scrub)
    next unless place
    carets = lines[i + 2].to_s.scrub
    column = carets.match?(/\A[\s~]*\^/) ? carets.index(/[\^~]/) + 1 : 0
    # Ruby shortens long lines, and then the caret says nothing of the column.
    column = 0 if lines[i + 1].to_s.start_with?('...')
    { message: place[2], code: 'SyntaxError', line: place[1].to_i, column: column }
  end.compact
  found.empty? ? [{ message: e.message.scrub, code: 'SyntaxError' }] : found
rescue ArgumentError, EncodingError => e
  [{ message: e.message, code: e.class.name }]
end

$stdout.sync = true
$VERBOSE = nil
puts '{"ready":true}'
$stdin.each_line { |line| puts JSON.generate(findings: findings(JSON.parse(line)['source'])) }
