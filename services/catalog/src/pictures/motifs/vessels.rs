//! What holds something to drink or to eat.

use crate::pictures::pen::{ACCENT, BODY, Pen, WOOD};

pub(super) fn mug(pen: &mut Pen) {
    let [shade, plain, light] = pen.colours.body;
    let [accent_shade, _, _] = pen.colours.accent;
    pen.shadow((430, 622), (220, 36));
    pen.line("M520 372 C636 356 632 540 506 532", shade, 34);
    pen.line("M520 370 C628 358 622 532 508 526", plain, 24);
    pen.faint_line("M524 364 C604 356 606 440 596 472", light, 6, 70);
    pen.path("M262 320 L276 572 Q280 618 330 620 H470 Q520 618 524 572 L538 320 Z", BODY);
    match pen.choose(0, 3) {
        0 => pen.path("M268 470 Q400 502 530 470 L524 572 Q520 618 470 620 H330 Q280 618 276 572 Z", ACCENT),
        1 => {
            pen.faint_line("M266 392 Q400 424 534 392", accent_shade, 10, 75);
            pen.faint_line("M267 420 Q400 452 533 420", accent_shade, 4, 60);
        }
        _ => pen.veil(
            "M274 548 Q400 574 526 548 L524 572 Q520 618 470 620 H330 Q280 618 276 572 Z",
            "#e9dcc6",
            85,
        ),
    }
    pen.veil("M300 352 Q306 470 318 590 L340 594 Q326 470 322 358 Z", "#fff", 22);
    pen.ellipse((400, 320), (138, 32), light);
    pen.ellipse((400, 322), (126, 26), shade);
    pen.ellipse((400, 330), (112, 19), "#4a2e1b");
    pen.ellipse((372, 326), (50, 7), "#7b5233");
    pen.faint_line("M370 276 C350 246 390 226 370 190", "#fff", 9, 45);
    pen.faint_line("M424 282 C404 246 446 222 426 176", "#fff", 7, 35);
}

pub(super) fn bowl(pen: &mut Pen) {
    let [shade, _, light] = pen.colours.body;
    pen.shadow((420, 622), (260, 38));
    pen.path("M330 596 H470 L458 622 Q400 632 342 622 Z", shade);
    pen.path("M150 400 Q170 590 330 606 H470 Q630 590 650 400 Z", BODY);
    match pen.choose(1, 3) {
        0 => pen.veil("M166 470 Q400 540 634 470 Q604 590 470 606 H330 Q196 590 166 470 Z", "#efe4d1", 80),
        1 => pen.faint_line("M156 438 Q400 506 644 438", pen.colours.accent[1], 12, 80),
        _ => {
            for (x, y) in [
                (230, 470),
                (300, 540),
                (360, 490),
                (440, 556),
                (500, 500),
                (570, 470),
                (270, 510),
                (410, 520),
            ] {
                pen.ellipse((x, y), (4, 4), shade);
            }
        }
    }
    pen.veil("M190 436 Q214 560 320 592 L340 592 Q242 550 222 446 Z", "#fff", 22);
    pen.ellipse((400, 400), (250, 58), light);
    pen.ellipse((400, 404), (232, 48), shade);
    pen.veil("M172 414 Q260 452 400 452 Q540 452 628 414 Q560 440 400 440 Q240 440 172 414 Z", "#fff", 20);
    if pen.choose(2, 2) == 0 {
        for (x, fill) in [(300, "#c8553d"), (400, "#d99b34"), (496, "#7d9a4a")] {
            pen.ellipse((x, 384), (66, 58), fill);
            pen.veil(&format!("M{} 350 q24 -24 54 -10 q-34 4 -44 34 z", x - 40), "#fff", 35);
            pen.line(&format!("M{x} 330 q4 -16 14 -22"), "#5b4327", 6);
        }
        pen.path("M168 404 Q400 500 632 404 Q620 456 400 458 Q180 456 168 404 Z", BODY);
        pen.faint_line("M160 408 Q400 504 640 408", light, 7, 80);
    }
}

pub(super) fn teapot(pen: &mut Pen) {
    let [shade, plain, light] = pen.colours.body;
    pen.shadow((410, 622), (270, 38));
    pen.line("M560 420 C676 380 672 560 548 548", shade, 32);
    pen.line("M560 418 C666 386 660 550 550 542", plain, 22);
    pen.path("M256 470 C206 462 196 404 150 372 L184 352 C236 388 240 420 282 430 Z", plain);
    pen.faint_line("M170 366 C220 398 226 440 268 452", light, 5, 60);
    pen.path("M232 500 C232 380 306 336 400 336 C494 336 568 380 568 500 C568 584 520 620 470 622 H330 C280 620 232 584 232 500 Z", BODY);
    if pen.choose(0, 2) == 0 {
        pen.path(
            "M232 490 Q400 540 568 490 V500 C568 584 520 620 470 622 H330 C280 620 232 584 232 500 Z",
            ACCENT,
        );
    } else {
        for line in ["M238 460 Q400 506 562 460", "M234 490 Q400 540 566 490"] {
            pen.faint_line(line, light, 4, 55);
        }
    }
    pen.veil(
        "M270 470 C272 410 300 372 350 358 C310 390 300 430 300 560 C280 540 270 510 270 470 Z",
        "#fff",
        25,
    );
    pen.path("M316 350 Q400 296 484 350 Q400 378 316 350 Z", BODY);
    pen.faint_line("M316 350 Q400 378 484 350", shade, 4, 60);
    pen.ellipse((400, 306), (24, 18), WOOD);
    pen.faint_line("M146 340 C128 310 160 292 142 256", "#fff", 8, 40);
}

pub(super) fn bottle(pen: &mut Pen) {
    let [accent_shade, accent, accent_light] = pen.colours.accent;
    let is_jar = pen.choose(3, 2) == 0;
    if is_jar {
        pen.shadow((420, 622), (190, 34));
        pen.path(
            "M262 330 Q262 296 300 288 H500 Q538 296 538 330 V584 Q538 620 500 622 H300 Q262 620 262 584 Z",
            "#dfe6e2",
        );
        pen.path("M274 348 Q400 372 526 348 V580 Q526 610 496 612 H304 Q274 610 274 580 Z", ACCENT);
        pen.ellipse((400, 350), (126, 16), accent_light);
        pen.rectangle((276, 226), (248, 66), 14, WOOD);
        pen.faint_line("M284 248 H516 M284 268 H516", "#5c3f24", 3, 35);
        pen.veil("M288 320 H312 V590 H288 Z", "#fff", 45);
        label(pen, (318, 410), accent_shade);
    } else {
        pen.shadow((420, 622), (150, 30));
        pen.path("M352 150 H448 V262 C448 306 510 316 510 380 V586 Q510 620 476 622 H324 Q290 620 290 586 V380 C290 316 352 306 352 262 Z", BODY);
        pen.rectangle((362, 106), (76, 60), 8, WOOD);
        pen.rectangle((346, 152), (108, 22), 6, accent);
        pen.veil(
            "M312 384 C314 336 366 320 368 262 V190 H380 V270 C380 330 336 350 336 392 V600 H312 Z",
            "#fff",
            25,
        );
        label(pen, (318, 400), accent_shade);
    }
}

/// A paper label with a mark and two lines.
fn label(pen: &mut Pen, corner: (i32, i32), ink: &str) {
    let (x, y) = corner;
    pen.rectangle((x, y), (164, 138), 4, "#f8f2e6");
    pen.ellipse((x + 82, y + 46), (24, 24), ink);
    pen.ellipse((x + 82, y + 46), (15, 15), "#f8f2e6");
    pen.line(&format!("M{} {} h92", x + 36, y + 92), ink, 5);
    pen.line(&format!("M{} {} h56", x + 54, y + 112), ink, 3);
}
