//! What is read, written in and sent.

use crate::pictures::pen::{ACCENT, BODY, PAPER, Pen, WOOD};

pub(super) fn book(pen: &mut Pen) {
    let [shade, plain, light] = pen.colours.body;
    let [ink_shade, ink, ink_light] = pen.colours.accent;
    pen.shadow((430, 626), (240, 32));
    pen.path("M232 168 L268 146 H596 L566 168 Z", "#f4ecdc");
    pen.path("M566 168 L596 146 V596 L566 622 Z", "#ddd0b8");
    for x in [574, 582, 590] {
        pen.faint_line(&format!("M{x} {} V{}", 330 - x / 3, 810 - x / 3), "#a8977a", 2, 45);
    }
    pen.rectangle((212, 164), (358, 460), 8, BODY);
    pen.rectangle((212, 164), (40, 460), 8, shade);
    pen.faint_line("M262 168 V620", light, 3, 45);
    match pen.choose(0, 4) {
        0 => {
            pen.ellipse((412, 410), (92, 92), ink);
            pen.path("M320 410 Q366 360 412 410 T504 410 A92 92 0 0 1 320 410 Z", ink_shade);
            pen.ellipse((440, 366), (18, 18), ink_light);
        }
        1 => {
            pen.path("M300 520 L370 390 L420 460 L460 400 L524 520 Z", ink);
            pen.path("M370 390 L420 460 L400 490 L350 430 Z", ink_light);
            pen.ellipse((480, 340), (28, 28), ink_light);
        }
        2 => {
            pen.line("M412 530 C412 440 412 400 412 340", ink_light, 8);
            for (x, y, side) in [(412, 480, 1), (412, 450, -1), (412, 410, 1), (412, 380, -1)] {
                let tip = x + side * 82;
                let edge = x + side * 50;
                pen.path(
                    &format!("M{x} {y} Q{edge} {} {tip} {} Q{edge} {} {x} {y} Z", y - 62, y - 56, y),
                    ink,
                );
            }
        }
        _ => {
            for (number, y) in [340, 380, 420, 460, 500].into_iter().enumerate() {
                let bend = 18 + 6 * number as i32;
                pen.line(&format!("M306 {y} q52 -{bend} 106 0 t106 0"), ink, 9);
            }
        }
    }
    pen.rectangle((310, 214), (204, 12), 4, ink_light);
    pen.rectangle((340, 240), (144, 8), 4, ink_light);
    pen.rectangle((362, 576), (100, 7), 3, plain);
    pen.veil("M262 168 H330 L290 620 H262 Z", "#fff", 12);
    pen.path("M506 160 h26 v100 l-13 -14 l-13 14 z", ink);
}

pub(super) fn notebook(pen: &mut Pen) {
    let [shade, _, light] = pen.colours.body;
    pen.raw("<g transform=\"rotate(-7 400 400)\">");
    pen.veil("M236 152 H580 Q604 152 604 176 V664 Q604 688 580 688 H236 Z", "#2a1d10", 18);
    pen.rectangle((214, 126), (372, 540), 18, PAPER);
    pen.rectangle((208, 120), (372, 540), 18, BODY);
    pen.veil("M208 138 Q208 120 226 120 H252 V660 H226 Q208 660 208 642 Z", "#000", 20);
    if pen.choose(0, 2) == 0 {
        pen.rectangle((316, 216), (190, 104), 6, "#f5eee0");
        pen.line("M346 254 H476 M366 284 H456", shade, 5);
    } else {
        pen.faint_line("M300 150 V630 M340 150 V630", light, 3, 40);
        pen.ellipse((440, 270), (46, 46), pen.colours.accent[1]);
    }
    pen.rectangle((528, 120), (20, 540), 0, pen.colours.accent[1]);
    pen.veil("M262 126 H360 L300 654 H262 Z", "#fff", 12);
    pen.path("M300 660 h20 v52 l-10 -10 l-10 10 z", pen.colours.accent[0]);
    pen.raw("</g><g transform=\"rotate(24 610 420)\">");
    pen.veil("M612 190 h30 v420 l-15 40 l-15 -40 z", "#2a1d10", 18);
    pen.rectangle((596, 170), (30, 60), 6, "#d88f86");
    pen.rectangle((596, 214), (30, 24), 0, "#b9bdc1");
    pen.rectangle((596, 236), (30, 350), 0, ACCENT);
    pen.path("M596 586 H626 L611 640 Z", WOOD);
    pen.path("M606 622 H616 L611 640 Z", "#2f2b27");
    pen.raw("</g>");
}

pub(super) fn parcel(pen: &mut Pen) {
    let [ribbon_shade, ribbon, ribbon_light] = pen.colours.body;
    pen.shadow((420, 628), (290, 38));
    pen.path("M170 360 L400 420 V632 L176 566 Z", "#c39a6b");
    pen.path("M400 420 L630 360 L624 566 L400 632 Z", "#a67e52");
    pen.path("M170 360 L400 304 L630 360 L400 420 Z", "#d9b588");
    pen.veil("M170 360 L400 304 L440 314 L214 372 Z", "#fff", 20);
    pen.path("M268 336 L300 328 L532 386 L500 394 Z", ribbon);
    pen.path("M532 336 L500 328 L268 386 L300 394 Z", ribbon_light);
    pen.path("M268 386 L300 394 V603 L268 594 Z", ribbon);
    pen.path("M532 386 L500 394 V604 L532 594 Z", ribbon_shade);
    if pen.choose(0, 2) == 0 {
        pen.path("M400 362 C330 250 260 290 300 336 C330 362 370 360 400 362 Z", ribbon);
        pen.path("M400 362 C470 250 540 290 500 336 C470 362 430 360 400 362 Z", ribbon);
        pen.path("M396 356 C350 290 308 300 322 328 C340 350 370 352 396 356 Z", ribbon_shade);
        pen.path("M404 356 C450 290 492 300 478 328 C460 350 430 352 404 356 Z", ribbon_shade);
        pen.ellipse((400, 356), (22, 16), ribbon_light);
    } else {
        pen.line("M392 360 C370 330 360 310 372 276 M406 360 C430 326 440 312 430 270", "#62795a", 7);
        for (x, y) in [(366, 290), (380, 318), (436, 284), (424, 316), (392, 334)] {
            pen.ellipse((x, y), (18, 9), "#7f9672");
        }
        pen.ellipse((400, 358), (18, 12), ribbon_light);
    }
    pen.path("M330 470 l78 20 v62 l-78 -20 z", "#f5eee0");
    pen.line("M344 492 l44 11 M344 510 l30 8", "#8a7a62", 4);
}
