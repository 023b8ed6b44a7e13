<?php
// Runs the unit `program.php`: the program, a tick, the tests, and a tick in the last line. Writes
// the token at the process's end if the last tick was reached. Standard input: the token, and how
// many bytes of the unit come before the first tick and before the second.
//
// A tick calls a closure that PHP keeps for itself: no function and no reflection leads to it, nor
// to its variables. It believes the call by where it came from.
(static function (): void {
    [$token, $size, $code] = explode("\n", stream_get_contents(STDIN));
    $path = getcwd() . '/program.php';
    $text = file_get_contents($path);
    $first = substr_count($text, "\n", 0, (int) $size) + 1;
    $last = substr_count($text, "\n", 0, (int) $code) + 1;
    $tests = substr($text, (int) $size, (int) $code - (int) $size);

    // `exit` as a statement of the tests' own, with no message, becomes a tick and the exit.
    $exits = [];
    $line = $first;
    $made = '';
    $before = '{';
    $inside = false;
    foreach (array_slice(token_get_all("<?php $tests"), 1) as $next) {
        [$kind, $words] = is_array($next) ? $next : [0, $next];
        if ($kind === T_EXIT && strtolower($words) === 'exit' && in_array($before, [';', '{', '}', ')', 'else'])) {
            $made .= "{ declare(ticks=1) { \\gc_enabled(); } ";
            $exits[$line] = $inside = true;
        }
        $made .= $words . ($inside && $words === ';' ? ' }' : '');
        $inside = $inside && $words !== ';';
        $line += substr_count($words, "\n");
        $before = in_array($kind, [T_WHITESPACE, T_COMMENT, T_DOC_COMMENT]) ? $before : strtolower($words);
    }
    if ($exits) {
        file_put_contents($path, substr($text, 0, (int) $size) . $made . substr($text, (int) $code));
    }

    // What of PHP the tests use under its own name: a program in a namespace can shadow it.
    preg_match_all('/\b(?<![\\\\>:$])\w+(?=\s*\()/', $tests, $called);
    $used = array_flip(array_filter(array_map('strtolower', $called[0]), 'function_exists'));
    $settings = isset($used['assert']) ? ['zend.assertions', 'assert.exception', 'assert.active'] : [];
    $replaced = static function () use ($used, $settings): string {
        foreach (get_defined_functions()['user'] as $name) {
            $short = strrchr($name, '\\');
            if ($short !== false && isset($used[substr($short, 1)])) {
                return $name;
            }
        }
        foreach ($settings as $setting) {
            if (ini_get($setting) !== '1') {
                return $setting;
            }
        }
        return '';
    };

    $started = $ended = false;
    register_tick_function(
        static function () use ($path, $first, $last, $exits, $replaced, &$started, &$ended): void {
            $frames = debug_backtrace(DEBUG_BACKTRACE_IGNORE_ARGS);
            $line = $frames[0]['line'] ?? 0;
            if (array_pop($frames)['file'] !== __FILE__) {
                return;
            }
            foreach ($frames as $frame) {
                if (($frame['file'] ?? $path) !== $path || ($frame['line'] ?? $first) < $first) {
                    return;
                }
            }
            $top = count($frames) === 1;
            if ($top && $line === $first && !$started) {
                $started = true;
            } elseif ($started && (($top && $line === $last) || isset($exits[$line]))) {
                if ($name = $replaced()) {
                    fwrite(STDERR, "the program replaced $name, which its tests use\n");
                    exit(1);
                }
                $ended = true;
            }
        }
    );
    register_shutdown_function(static function () use ($token, &$ended): void {
        if ($ended) {
            file_put_contents('done', $token);
        }
    });
})();
require './program.php';
