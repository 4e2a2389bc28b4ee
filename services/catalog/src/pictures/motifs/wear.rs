//! What is worn, carried and folded.

use crate::pictures::pen::{ACCENT, BODY, METAL, PAPER, Pen, WOOD};

const SHIRT: &str = "M300 170 Q400 214 500 170 L580 196 Q612 208 626 240 L700 408 L612 456 L572 380 V664 Q400 690 228 664 V380 L188 456 L100 408 L174 240 Q188 208 220 196 Z";

pub(super) fn shirt(pen: &mut Pen) {
    let [shade, plain, light] = pen.colours.body;
    pen.raw(format_args!(
        "<path d=\"{SHIRT}\" fill=\"#2a1d10\" opacity=\".15\" transform=\"translate(14 18)\"/>"
    ));
    pen.line("M400 96 C400 60 446 66 440 92 C436 112 400 112 400 138", "#8b9095", 8);
    pen.path("M400 130 L560 196 Q400 220 240 196 Z", WOOD);
    pen.path(SHIRT, BODY);
    for fold in [
        "M228 380 Q256 470 240 640",
        "M572 380 Q544 480 560 640",
        "M330 420 Q318 540 330 660",
        "M470 420 Q484 540 472 660",
    ] {
        pen.faint_line(fold, shade, 7, 32);
    }
    pen.faint_line("M226 388 Q236 300 262 244 M574 388 Q564 300 538 244", shade, 5, 50);
    match pen.choose(0, 3) {
        0 => {
            pen.path("M300 170 Q340 220 400 236 Q460 220 500 170 Q400 214 300 170 Z", shade);
            pen.path("M288 174 L306 162 Q340 206 400 236 L350 290 Z", light);
            pen.path("M512 174 L494 162 Q460 206 400 236 L450 290 Z", plain);
            pen.faint_line("M386 240 V672 M416 240 V674", shade, 3, 60);
            for y in [290, 370, 450, 530, 610] {
                pen.ellipse((401, y), (8, 8), "#f3ead9");
                pen.ellipse((401, y), (3, 3), shade);
            }
            pen.faint_line("M470 330 h70 v64 l-35 20 l-35 -20 z", shade, 4, 60);
        }
        1 => {
            pen.path("M296 168 Q400 286 504 168 L486 164 Q400 252 314 164 Z", light);
            pen.path("M314 164 Q400 252 486 164 Q400 206 314 164 Z", shade);
            pen.faint_line("M186 452 L104 406 M614 452 L696 406", light, 6, 60);
            pen.faint_line("M230 646 Q400 672 570 646", shade, 4, 50);
        }
        _ => {
            pen.path("M296 168 Q400 270 504 168 L480 162 Q400 232 320 162 Z", light);
            pen.path("M320 162 Q400 232 480 162 Q400 204 320 162 Z", shade);
            for y in [380, 410, 440] {
                pen.faint_line(&format!("M232 {y} Q400 {} 568 {y}", y + 24), pen.colours.accent[2], 9, 75);
            }
            pen.faint_line("M228 640 Q400 666 572 640 M228 652 Q400 678 572 652", shade, 3, 60);
        }
    }
    pen.veil("M240 230 Q280 210 300 214 Q262 320 268 650 L236 646 V370 Z", "#fff", 12);
}

pub(super) fn bag(pen: &mut Pen) {
    let [shade, plain, light] = pen.colours.body;
    pen.shadow((410, 626), (260, 36));
    if pen.choose(1, 2) == 0 {
        // A tote with two handles.
        pen.line("M312 340 C312 130 488 130 488 340", shade, 22);
        pen.path("M204 320 H596 L622 590 Q622 624 588 626 H212 Q178 624 178 590 Z", BODY);
        pen.line("M300 370 C300 150 476 150 476 370", plain, 24);
        pen.faint_line("M294 352 C296 164 470 160 470 352", light, 5, 70);
        pen.faint_line("M204 338 H596", shade, 4, 60);
        for x in [300, 476] {
            pen.rectangle((x - 16, 340), (32, 54), 4, WOOD);
        }
        match pen.choose(2, 2) {
            0 => pen.path("M186 520 L614 520 L622 590 Q622 624 588 626 H212 Q178 624 178 590 Z", ACCENT),
            _ => pen.ellipse((400, 500), (62, 62), pen.colours.accent[1]),
        }
        pen.veil("M222 324 H256 L236 622 H212 Q184 620 184 596 Z", "#fff", 16);
        pen.faint_line("M540 350 Q556 470 548 600", shade, 6, 35);
        return;
    }
    pen.line("M352 176 C352 116 448 116 448 176", shade, 20);
    pen.path(
        "M214 300 Q214 168 400 164 Q586 168 586 300 V578 Q584 624 536 626 H264 Q216 624 214 578 Z",
        BODY,
    );
    pen.veil("M240 300 Q244 206 340 182 Q284 220 276 300 V610 Q242 604 240 570 Z", "#fff", 16);
    pen.path("M212 290 Q220 166 400 162 Q580 166 588 290 L576 356 Q400 392 224 356 Z", plain);
    pen.faint_line("M222 350 Q400 386 578 350", shade, 5, 60);
    pen.faint_line("M236 300 Q400 330 564 300", light, 3, 40);
    for x in [300, 472] {
        pen.rectangle((x, 330), (28, 110), 6, WOOD);
        pen.rectangle((x - 5, 396), (38, 30), 5, METAL);
        pen.rectangle((x + 4, 403), (20, 16), 3, "#7d5836");
    }
    pen.rectangle((268, 456), (264, 138), 18, plain);
    pen.faint_line("M272 486 H528", shade, 4, 60);
    pen.rectangle((376, 470), (48, 30), 4, ACCENT);
}

pub(super) fn textile(pen: &mut Pen) {
    let [shade, plain, light] = pen.colours.body;
    let stripe = pen.colours.accent[1];
    pen.shadow((410, 628), (300, 36));
    let pattern = pen.choose(0, 3);
    for (number, y) in [540, 462, 384].into_iter().enumerate() {
        let fill = [BODY, ACCENT, BODY][number];
        let (left, right) = (150 + 12 * number as i32, 650 - 8 * number as i32);
        pen.path(
            &format!("M{} {y} H{} Q{right} {y} {right} {} Q{right} {} {} {} H{} Q{left} {} {left} {} Q{left} {y} {} {y} Z",
                left + 40, right - 30, y + 41, y + 82, right - 30, y + 82, left + 40, y + 82, y + 41, left + 40),
            fill,
        );
        pen.faint_line(&format!("M{} {} H{}", left + 30, y + 41, right - 40), shade, 5, 42);
        pen.faint_line(&format!("M{} {} H{}", left + 36, y + 12, right - 60), light, 6, 45);
        pen.faint_line(
            &format!("M{} {} Q{} {} {} {}", right - 30, y + 8, right - 8, y + 41, right - 30, y + 74),
            shade,
            4,
            40,
        );
        if number != 1 {
            match pattern {
                0 => {
                    for x in [210, 236, 262] {
                        pen.rectangle((x, y + 2), (11, 78), 0, stripe);
                    }
                }
                1 => {
                    for x in (220..600).step_by(48) {
                        pen.faint_line(&format!("M{x} {} l24 30 l24 -30", y + 46), light, 3, 45);
                    }
                }
                _ => {
                    for x in (210..610).step_by(30) {
                        pen.faint_line(&format!("M{x} {} v76", y + 3), shade, 2, 24);
                    }
                }
            }
        }
    }
    pen.path("M330 384 H430 V500 H330 Z", plain);
    pen.veil("M330 384 H430 V500 H330 Z", "#000", 12);
    pen.rectangle((334, 392), (92, 92), 3, PAPER);
    pen.line("M356 424 H404 M366 446 H394", shade, 5);
}
