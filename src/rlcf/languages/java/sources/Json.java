package rlcf.compiler;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * As much JSON as the server's pipe needs: a writer of one line, and a reader of one object.
 *
 * <p>Numbers are read as long. Not a validator: the other end is our own.
 */
final class Json {
    private final StringBuilder text = new StringBuilder(256);
    private boolean comma;

    Json open() {
        separate();
        text.append('{');
        comma = false;
        return this;
    }

    Json close() {
        text.append('}');
        comma = true;
        return this;
    }

    Json openList(String key) {
        key(key);
        text.append('[');
        comma = false;
        return this;
    }

    Json openList() {
        separate();
        text.append('[');
        comma = false;
        return this;
    }

    Json closeList() {
        text.append(']');
        comma = true;
        return this;
    }

    Json key(String key) {
        separate();
        quote(key);
        text.append(':');
        comma = false;
        return this;
    }

    Json field(String key, Object value) {
        return key(key).value(value);
    }

    Json value(Object value) {
        separate();
        if (value == null || value instanceof Number || value instanceof Boolean) {
            text.append(value);
        } else {
            quote(value.toString());
        }
        comma = true;
        return this;
    }

    /** The line as bytes; pure ASCII, so lone surrogates survive the pipe. */
    byte[] line() {
        return text.append('\n').toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private void separate() {
        if (comma) {
            text.append(',');
        }
    }

    private void quote(String s) {
        text.append('"');
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            if (c == '"' || c == '\\') {
                text.append('\\').append(c);
            } else if (c >= ' ' && c < 127) {
                text.append(c);
            } else if (c == '\n') {
                text.append("\\n");
            } else {
                text.append(String.format("\\u%04x", (int) c));
            }
        }
        text.append('"');
        comma = true;
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> object(String line) {
        return (Map<String, Object>) new Reader(line).read();
    }

    private static final class Reader {
        private final String s;
        private int at;

        Reader(String s) {
            this.s = s;
        }

        Object read() {
            skip();
            char c = s.charAt(at);
            switch (c) {
                case '{':
                    return readObject();
                case '[':
                    return readList();
                case '"':
                    return readString();
                default:
                    return readWord();
            }
        }

        private Map<String, Object> readObject() {
            Map<String, Object> map = new HashMap<>();
            at++;
            for (skip(); s.charAt(at) != '}'; skip()) {
                String key = readString();
                skip();
                at++; // colon
                map.put(key, read());
                skip();
                if (s.charAt(at) == ',') {
                    at++;
                }
            }
            at++;
            return map;
        }

        private List<Object> readList() {
            List<Object> list = new ArrayList<>();
            at++;
            for (skip(); s.charAt(at) != ']'; skip()) {
                list.add(read());
                skip();
                if (s.charAt(at) == ',') {
                    at++;
                }
            }
            at++;
            return list;
        }

        private String readString() {
            int from = ++at;
            while (s.charAt(at) != '"' && s.charAt(at) != '\\') {
                at++;
            }
            if (s.charAt(at) == '"') {
                return s.substring(from, at++);
            }
            StringBuilder b = new StringBuilder(s.length() - from).append(s, from, at);
            while (s.charAt(at) != '"') {
                char c = s.charAt(at++);
                b.append(c == '\\' ? readEscape() : c);
            }
            at++;
            return b.toString();
        }

        private char readEscape() {
            char c = s.charAt(at++);
            switch (c) {
                case 'n':
                    return '\n';
                case 't':
                    return '\t';
                case 'r':
                    return '\r';
                case 'b':
                    return '\b';
                case 'f':
                    return '\f';
                case 'u':
                    at += 4;
                    return (char) Integer.parseInt(s.substring(at - 4, at), 16);
                default:
                    return c;
            }
        }

        private Object readWord() {
            int from = at;
            while (at < s.length() && ",]} ".indexOf(s.charAt(at)) < 0) {
                at++;
            }
            String word = s.substring(from, at);
            switch (word) {
                case "true":
                    return Boolean.TRUE;
                case "false":
                    return Boolean.FALSE;
                case "null":
                    return null;
                default:
                    return Long.valueOf(word);
            }
        }

        private void skip() {
            while (s.charAt(at) == ' ') {
                at++;
            }
        }
    }
}
