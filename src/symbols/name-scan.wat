;; Passes over the lines of a symbols list, 64 bytes at a time. Of names it does what passNames of
;; list-walk.ts does, of which V8 makes code as fast only when the better part of a list is behind it.
;;
;; name-scan-code.ts is made of this file: npm run assemble.
(module
  ;; From 0 the bits of 131,072 shapes, from 16,384 those of as many heads; from 32,768 what was found, 12
  ;; bytes each: where the line starts, where it ends, its number; from 98,304 the text.
  (import "list" "memory" (memory 4))
  ;; Number of the line that `scan` starts at, and then of the one it has stopped at.
  (global $line (export "line") (mut i32) (i32.const 0))
  ;; The end of what was found.
  (global $end (export "end") (mut i32) (i32.const 0))
  ;; Why it has stopped: 0 the text ends, 1 a line of another form, 2 no room for what is found.
  (global $stop (export "stop") (mut i32) (i32.const 0))

  ;; Passes over lines from `start`, which begins one, up to `end`. Returns where it has stopped, which
  ;; begins a line too: one that is of another form, or has no end yet.
  (func (export "scan") (param $start i32) (param $end i32) (result i32)
    (local $block i32) (local $ends i64) (local $at i32) (local $spaces v128)
    (local $number i32) (local $entry i32)
    (local $length i32) (local $head i32) (local $middle i32) (local $tail i32)
    (local $bit i32) (local $found i32)
    ;; The globals are set at the end: inside of the loops they would cost a third of the time.
    (local.set $number (global.get $line))
    (local.set $entry (i32.const 32768))
    (global.set $stop (i32.const 0))
    (local.set $spaces (v128.const i8x16 32 32 32 32 32 32 32 32 32 32 32 32 32 32 32 32))
    (local.set $block (i32.and (local.get $start) (i32.const -64)))
    ;; What stands in the first block before `start` is not looked at.
    (local.set $ends
      (i64.shl
        (i64.const -1)
        (i64.extend_i32_u (i32.sub (local.get $start) (local.get $block)))))
    (block $stopped
      (loop $blocks
        ;; A bit for each byte that is no part of a name: 32 and below.
        (local.set $ends (i64.and (local.get $ends) (i64.or
          (i64.or
            (i64.extend_i32_u (i8x16.bitmask
              (i8x16.le_u (v128.load (local.get $block)) (local.get $spaces))))
            (i64.shl
              (i64.extend_i32_u (i8x16.bitmask
                (i8x16.le_u (v128.load offset=16 (local.get $block)) (local.get $spaces))))
              (i64.const 16)))
          (i64.or
            (i64.shl
              (i64.extend_i32_u (i8x16.bitmask
                (i8x16.le_u (v128.load offset=32 (local.get $block)) (local.get $spaces))))
              (i64.const 32))
            (i64.shl
              (i64.extend_i32_u (i8x16.bitmask
                (i8x16.le_u (v128.load offset=48 (local.get $block)) (local.get $spaces))))
              (i64.const 48))))))
        (block $next
          (loop $lines
            (br_if $next (i64.eqz (local.get $ends)))
            (local.set $at
              (i32.add (local.get $block) (i32.wrap_i64 (i64.ctz (local.get $ends)))))
            (br_if $stopped (i32.ge_u (local.get $at) (local.get $end)))
            (local.set $ends
              (i64.and (local.get $ends) (i64.sub (local.get $ends) (i64.const 1))))

            ;; Another character than a newline, or an empty line: somebody else's.
            (if (i32.or
                (i32.ne (i32.load8_u (local.get $at)) (i32.const 10))
                (i32.eq (local.get $at) (local.get $start)))
              (then
                (global.set $stop (i32.const 1))
                (br $stopped)))

            ;; Four bytes of the name's beginning, middle and end; all that a shorter one has.
            (local.set $length (i32.sub (local.get $at) (local.get $start)))
            (local.set $head (i32.load (local.get $start)))
            (if (i32.lt_u (local.get $length) (i32.const 4))
              (then
                (local.set $head (i32.and
                  (local.get $head)
                  (i32.sub
                    (i32.shl (i32.const 1) (i32.shl (local.get $length) (i32.const 3)))
                    (i32.const 1))))
                (local.set $middle (local.get $head))
                (local.set $tail (local.get $head)))
              (else
                (local.set $middle (i32.load (i32.sub
                  (i32.add (local.get $start) (i32.shr_u (local.get $length) (i32.const 1)))
                  (i32.const 2))))
                (local.set $tail (i32.load (i32.sub (local.get $at) (i32.const 4))))))

            ;; The shape, see shapeOf of wanted-names.ts.
            (local.set $bit (i32.shr_u
              (i32.mul
                (i32.xor
                  (i32.xor (local.get $tail) (i32.mul (local.get $middle) (i32.const 5)))
                  (i32.shl (local.get $length) (i32.const 3)))
                (i32.const 0x9e3779b1))
              (i32.const 15)))
            (local.set $found (i32.and
              (i32.shr_u
                (i32.load8_u (i32.shr_u (local.get $bit) (i32.const 3)))
                (i32.and (local.get $bit) (i32.const 7)))
              (i32.const 1)))

            ;; The head, see headOf there.
            (if (local.get $found) (then
              (local.set $bit (i32.shr_u
                (i32.mul
                  (i32.xor
                    (i32.xor
                      (local.get $head)
                      (i32.mul (local.get $middle) (i32.const 0x85ebca6b)))
                    (i32.shl (local.get $length) (i32.const 4)))
                  (i32.const 0x9e3779b1))
                (i32.const 15)))
              (local.set $found (i32.and
                (i32.shr_u
                  (i32.load8_u offset=16384 (i32.shr_u (local.get $bit) (i32.const 3)))
                  (i32.and (local.get $bit) (i32.const 7)))
                (i32.const 1)))))

            (if (i32.or
                (local.get $found)
                ;; An object begins with an asterisk.
                (i32.eq (i32.load8_u (local.get $start)) (i32.const 42))) (then
              (i32.store (local.get $entry) (local.get $start))
              (i32.store offset=4 (local.get $entry) (local.get $at))
              (i32.store offset=8 (local.get $entry) (local.get $number))
              (local.set $entry (i32.add (local.get $entry) (i32.const 12)))))
            (local.set $start (i32.add (local.get $at) (i32.const 1)))
            (local.set $number (i32.add (local.get $number) (i32.const 1)))
            ;; 98,292: one entry more would reach into the text.
            (if (i32.ge_u (local.get $entry) (i32.const 98292)) (then
              (global.set $stop (i32.const 2))
              (br $stopped)))
            (br $lines)))
        (local.set $ends (i64.const -1))
        (local.set $block (i32.add (local.get $block) (i32.const 64)))
        (br_if $blocks (i32.lt_u (local.get $block) (local.get $end)))))
    (global.set $line (local.get $number))
    (global.set $end (local.get $entry))
    (local.get $start)))
