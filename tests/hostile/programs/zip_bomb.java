// expect: memory,timeout,error
// unpacks without end
class Attack {
    static int run() throws Exception {
        java.io.ByteArrayOutputStream b = new java.io.ByteArrayOutputStream();
        try (java.util.zip.GZIPOutputStream z = new java.util.zip.GZIPOutputStream(b)) { for (int i = 0; i < 1000; i++) z.write(new byte[1 << 20]); }
        return new java.util.zip.GZIPInputStream(new java.io.ByteArrayInputStream(b.toByteArray())).readAllBytes().length;
    }
}
