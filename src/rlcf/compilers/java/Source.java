package rlcf.compiler;

import java.net.URI;
import javax.tools.SimpleJavaFileObject;

/** A source file that exists only in memory. */
final class Source extends SimpleJavaFileObject {
    private final String text;

    Source(String name, String text) {
        super(URI.create("mem:///" + name), Kind.SOURCE);
        this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
        return text;
    }
}
