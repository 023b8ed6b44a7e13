/**
 * Runs tests of untrusted programs. A module of its own that opens nothing, so that a program
 * cannot reach the executor's fields by reflection.
 */
module rlcf.executor {
    exports rlcf.executor.gate;
}
