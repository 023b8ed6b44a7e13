package rlcf.compiler;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import scala.Option;
import scala.collection.Iterator;
import scala.collection.immutable.List$;
import scala.reflect.internal.Names;
import scala.reflect.internal.Phase;
import scala.reflect.internal.Scopes;
import scala.reflect.internal.Symbols;
import scala.reflect.internal.util.BatchSourceFile;
import scala.reflect.internal.util.Position;
import scala.reflect.internal.util.SourceFile;
import scala.reflect.io.AbstractFile;
import scala.reflect.io.VirtualDirectory;
import scala.reflect.io.VirtualFile;
import scala.tools.nsc.Global;
import scala.tools.nsc.Settings;
import scala.tools.nsc.reporters.StoreReporter;

/**
 * Scala 2: {@code scalac} in one process.
 *
 * <p>A compiler is used again, since a new one costs ten times as much, after the classes of the last
 * program were taken out of it. What it rejects, and programs with packages, whose names cannot be
 * taken out as easily, are judged by a new one.
 */
final class ScalaFront implements JvmWorker.Front {
    private static final Pattern PACKAGE = Pattern.compile("\\bpackage\\b");
    private static final int RETIRE = 500;

    private final String library;
    private StoreReporter reporter;
    private Settings settings;
    private Global global;
    private int uses;

    /** Arguments: name of this class, class path with scala-library.jar. */
    ScalaFront(String[] args) {
        library = args[1];
        for (int i = 0; i < 2; i++) {
            compile("object Main extends App { println(List(1).map(_ + 1)) }", new TreeMap<>());
        }
    }

    @Override
    public List<JvmWorker.Finding> compile(String source, Map<String, byte[]> classes) {
        boolean fresh = global == null || uses >= RETIRE || PACKAGE.matcher(source).find();
        if (fresh) {
            renew();
        }
        List<JvmWorker.Finding> found;
        Global.Run run = null;
        try {
            run = attempt(source, classes);
            found = findings();
            if (!fresh && reporter.hasErrors()) {
                renew();
                run = attempt(source, classes);
                found = findings();
            }
        } catch (RuntimeException | Error e) {
            global = null;
            throw e;
        }
        if (PACKAGE.matcher(source).find()) {
            global = null;
        } else {
            forget(run);
        }
        return found;
    }

    private void renew() {
        uses = 0;
        settings = new Settings();
        settings.classpath().value_$eq(library);
        reporter = new StoreReporter();
        global = new Global(settings, reporter);
    }

    private Global.Run attempt(String source, Map<String, byte[]> classes) {
        uses++;
        reporter.reset();
        VirtualDirectory out = new VirtualDirectory("(memory)", Option.empty());
        settings.outputDirs().setSingleOutput(out);
        SourceFile file =
                new BatchSourceFile(new VirtualFile("program.scala"), source.toCharArray());
        Global.Run run = global.new Run();
        run.compileSources(List$.MODULE$.<SourceFile>empty().$colon$colon(file));
        collect(out, "", classes);
        return run;
    }

    /** Take out what a program declared, so that the next one does not see it. */
    private void forget(Global.Run run) {
        Phase now = global.phase();
        global.phase_$eq(run.phaseNamed("namer")); // later phases see copies of the scopes
        Iterator<Symbols.Symbol> known = run.symSource().keysIterator();
        while (known.hasNext()) {
            Symbols.Symbol symbol = known.next();
            if (run.symSource().apply(symbol) == null) {
                continue; // of the library
            }
            Scopes.Scope scope = symbol.owner().info().decls();
            for (Names.Name name : List.of(symbol.name().toTermName(), symbol.name().toTypeName())) {
                for (Scopes.ScopeEntry e = scope.lookupEntry(name);
                        e != null;
                        e = scope.lookupEntry(name)) {
                    scope.unlink(e);
                }
            }
        }
        global.phase_$eq(now);
    }

    private List<JvmWorker.Finding> findings() {
        List<JvmWorker.Finding> found = new ArrayList<>();
        Iterator<StoreReporter.Info> infos = reporter.infos().iterator();
        while (infos.hasNext()) {
            found.add(finding(infos.next()));
        }
        return found;
    }

    private static JvmWorker.Finding finding(StoreReporter.Info info) {
        JvmWorker.Finding f = new JvmWorker.Finding();
        f.severity = info.severity().toString().equals("ERROR") ? "error" : "warning";
        f.message = info.msg();
        Position at = info.pos();
        if (at.isDefined()) {
            f.line = at.line();
            f.column = at.point() - at.source().lineToOffset(f.line - 1) + 1;
        }
        return f;
    }

    private static void collect(AbstractFile folder, String prefix, Map<String, byte[]> classes) {
        Iterator<AbstractFile> files = folder.iterator();
        while (files.hasNext()) {
            AbstractFile file = files.next();
            if (file.isDirectory()) {
                collect(file, prefix + file.name() + ".", classes);
            } else if (file.name().endsWith(".class")) {
                String name = file.name().substring(0, file.name().length() - 6);
                try {
                    classes.put(prefix + name, file.toByteArray());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }
}
