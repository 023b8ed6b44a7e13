package rlcf.compiler;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;
import javax.tools.ToolProvider;

/**
 * What javac may see and where it writes: the JDK's own classes, a given class path, and memory.
 *
 * <p>Neither this server's classes nor the working directory are visible to a program.
 */
final class Files extends ForwardingJavaFileManager<StandardJavaFileManager> {
    /** Bytes that the name of a file or folder may have on every usual file system. */
    private static final int LONGEST_NAME = 255;

    private final Map<String, ByteArrayOutputStream> written = new LinkedHashMap<>();

    /** With these directories and archives as class path. */
    Files(List<File> classPath) {
        super(ToolProvider.getSystemJavaCompiler()
                .getStandardFileManager(null, Locale.ENGLISH, StandardCharsets.UTF_8));
        try {
            fileManager.setLocation(StandardLocation.CLASS_PATH, classPath);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void clear() {
        written.clear();
    }

    /** Binary class name to bytes, in the order of generation. */
    Map<String, byte[]> written() {
        Map<String, byte[]> classes = new LinkedHashMap<>();
        written.forEach((name, bytes) -> classes.put(name, bytes.toByteArray()));
        return classes;
    }

    @Override
    public JavaFileObject getJavaFileForOutput(
            Location location, String className, JavaFileObject.Kind kind, FileObject sibling)
            throws IOException {
        String path = className.replace('.', '/') + kind.extension;
        for (String name : path.split("/")) {
            if (name.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME) {
                throw new FileSystemException(path, null, "File name too long"); // as a disk would
            }
        }
        return new SimpleJavaFileObject(URI.create("mem:///out.class"), kind) {
            @Override
            public OutputStream openOutputStream() {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream(2048);
                written.put(className, bytes);
                return bytes;
            }
        };
    }

    @Override
    public boolean isSameFile(FileObject a, FileObject b) {
        return a == b;
    }

    @Override
    public boolean contains(Location location, FileObject file) throws IOException {
        return !(file instanceof SimpleJavaFileObject) && super.contains(location, file);
    }
}
