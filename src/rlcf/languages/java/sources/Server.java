package rlcf.compiler;

import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The compile server: one JSON object a line in (a program), one a line out (what javac said).
 *
 * <p>Answers come in the order in which programs are done, each with its request's id. Ends when
 * its input ends. A program that outlives the deadline is answered as late; its thread cannot be
 * stopped, so whoever owns this process must then replace it. Where a warm compiler is no witness
 * (it crashed, or a cold one might) the answer is "ask": javac itself. Does not run programs.
 */
public final class Server {
    /**
     * Well below the megabyte of javac's own main thread: what overflows there must overflow here,
     * where the compiler is warm and some of its frames are smaller. Javac itself is asked then.
     */
    private static final long STACK_BYTES = 320L << 10;

    private final BlockingQueue<Map<String, Object>> queue = new LinkedBlockingQueue<>();
    private final OutputStream out = new FileOutputStream(FileDescriptor.out);
    private final List<Seat> seats = new ArrayList<>();
    private final long deadlineNanos;
    private final int retireAfter;
    private final int auditEvery;
    private final int mostAbandoned;
    private int abandoned;

    private Server(int workers, long deadlineMillis, int retireAfter, int auditEvery) {
        this.deadlineNanos = deadlineMillis * 1_000_000L;
        this.retireAfter = retireAfter;
        this.auditEvery = auditEvery;
        this.mostAbandoned = 2 * workers;
    }

    /** A worker's place: which program it has, and since when. */
    private static final class Seat {
        private Object id;
        private long since;
        private boolean abandoned;

        synchronized void take(Object id) {
            this.id = id;
            this.since = System.nanoTime();
        }

        /** Whether the program is still ours to answer. */
        synchronized boolean leave() {
            this.id = null;
            return !abandoned;
        }

        synchronized Object overdue(long limitNanos) {
            if (id == null || abandoned || System.nanoTime() - since < limitNanos) {
                return null;
            }
            abandoned = true;
            return id;
        }
    }

    public static void main(String[] args) throws IOException {
        int workers = Integer.parseInt(args[0]);
        int retireAfter = Integer.parseInt(args[2]);
        int auditEvery = Integer.parseInt(args[3]);
        Server server = new Server(workers, Long.parseLong(args[1]), retireAfter, auditEvery);
        for (int i = 0; i < workers; i++) {
            server.startWorker();
        }
        Thread watch = new Thread(server::watch, "watch");
        watch.setDaemon(true);
        watch.start();
        Json ready = new Json();
        ready.open().field("ready", System.getProperty("java.version")).close();
        server.answer(ready);
        server.read();
        Runtime.getRuntime().halt(0);
    }

    private void startWorker() {
        Seat seat = new Seat();
        seats.add(seat);
        Judge judge = new Judge(retireAfter, auditEvery);
        Thread thread = new Thread(null, () -> work(seat, judge), "javac", STACK_BYTES);
        thread.setDaemon(true);
        thread.start();
    }

    private void read() throws IOException {
        BufferedReader in =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8), 1 << 16);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            queue.add(Json.object(line));
        }
    }

    private void work(Seat seat, Judge judge) {
        while (true) {
            Map<String, Object> request;
            try {
                request = queue.take();
            } catch (InterruptedException e) {
                return;
            }
            seat.take(request.get("id"));
            Json answer = new Json();
            try {
                judge.judge(request, answer);
            } catch (Throwable e) { // the compiler broke on hostile input: say so, keep serving
                judge.forget();
                answer = new Json();
                answer.open().field("id", request.get("id"));
                answer.field("ask", "compiler crash: " + e).close();
            }
            if (!seat.leave()) {
                return; // it was too late, and another worker has taken this one's place
            }
            answer(answer);
        }
    }

    private void watch() {
        while (true) {
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                return;
            }
            for (Seat seat : List.copyOf(seats)) {
                Object id = seat.overdue(deadlineNanos);
                if (id != null) {
                    Json late = new Json();
                    late.open().field("id", id).field("late", Boolean.TRUE).close();
                    answer(late);
                    seats.remove(seat);
                    if (++abandoned > mostAbandoned) {
                        Runtime.getRuntime().halt(2); // too many stuck threads to be of use
                    }
                    startWorker();
                }
            }
        }
    }

    private void answer(Json json) {
        byte[] line = json.line();
        synchronized (out) {
            try {
                out.write(line);
            } catch (IOException e) {
                Runtime.getRuntime().halt(1); // nobody listens any more
            }
        }
    }
}
