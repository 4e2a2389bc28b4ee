//! What a room is furnished with.

use crate::pictures::pen::{ACCENT, BODY, METAL, PAPER, Pen, WOOD};

pub(super) fn lamp(pen: &mut Pen) {
    let [shade, _, light] = pen.colours.body;
    pen.ellipse((400, 380), (390, 330), "url(#g)");
    pen.shadow((410, 622), (190, 32));
    pen.path("M290 600 Q400 572 510 600 L514 614 Q400 640 286 614 Z", WOOD);
    match pen.choose(0, 2) {
        0 => {
            pen.rectangle((386, 380), (28, 218), 8, WOOD);
            pen.rectangle((380, 372), (40, 26), 4, METAL);
        }
        _ => {
            pen.path("M372 590 C310 530 330 440 386 400 H414 C470 440 490 530 428 590 Z", ACCENT);
            pen.veil("M356 560 C330 510 344 450 386 416 C360 460 356 510 372 580 Z", "#fff", 28);
        }
    }
    pen.path("M290 160 H510 L600 380 Q400 420 200 380 Z", BODY);
    pen.veil("M290 160 H350 L290 394 Q240 390 200 380 Z", "#fff", 14);
    pen.veil("M330 180 H470 L530 390 Q400 404 270 390 Z", "#fff3cf", 30);
    pen.ellipse((400, 160), (110, 16), light);
    pen.ellipse((400, 162), (98, 11), "#fff6dd");
    pen.faint_line("M202 380 Q400 420 598 380", shade, 5, 45);
    pen.line("M470 398 V452", "#8b7a5c", 3);
    pen.ellipse((470, 458), (7, 9), "#c9a25e");
}

pub(super) fn chair(pen: &mut Pen) {
    let [shade, plain, _] = pen.colours.body;
    pen.shadow((400, 640), (240, 34));
    if pen.choose(1, 3) == 0 {
        // A stool: three legs and a seat.
        pen.line("M400 440 L404 600", "#7d5836", 24);
        pen.line("M310 440 L250 640", "#8f673f", 26);
        pen.line("M490 440 L550 640", "#7d5836", 26);
        pen.line("M284 540 L516 540", "#7d5836", 14);
        pen.path("M220 410 Q220 380 400 378 Q580 380 580 410 Q580 456 400 458 Q220 456 220 410 Z", WOOD);
        pen.ellipse((400, 404), (180, 30), BODY);
        pen.veil("M250 400 Q320 380 440 382 Q330 392 280 414 Z", "#fff", 30);
        return;
    }
    pen.line("M500 470 L520 600", "#7d5836", 18);
    pen.line("M300 470 L284 600", "#7d5836", 18);
    pen.line("M276 480 L244 642", "#8f673f", 24);
    pen.line("M524 480 L556 642", "#7d5836", 24);
    pen.line("M262 560 L538 560", "#7d5836", 12);
    if pen.choose(2, 2) == 0 {
        for x in [300, 340, 380, 420, 460, 500] {
            pen.line(&format!("M{} 452 L{x} 180", 400 + (x - 400) * 9 / 10), "#a97e54", 9);
        }
        pen.line("M268 452 Q250 250 276 176 Q400 120 524 176 Q550 250 532 452", "#8f673f", 20);
        pen.faint_line("M262 430 Q248 250 274 182 Q400 126 500 164", "#cda77b", 6, 80);
    } else {
        pen.path("M270 450 Q246 240 280 172 Q400 130 520 172 Q554 240 530 450 Z", BODY);
        pen.faint_line("M300 420 Q284 260 304 196 Q400 164 496 196 Q516 260 500 420", shade, 4, 50);
        pen.veil("M290 420 Q272 260 296 192 L336 180 Q310 280 322 430 Z", "#fff", 18);
    }
    pen.path(
        "M232 462 Q236 440 270 440 H530 Q564 440 568 462 L574 486 Q576 504 550 506 H250 Q224 504 226 486 Z",
        WOOD,
    );
    pen.path("M246 446 Q400 418 554 446 Q560 468 540 470 H260 Q240 468 246 446 Z", plain);
    pen.veil("M262 448 Q340 430 440 436 Q350 442 290 460 Z", "#fff", 24);
}

pub(super) fn clock(pen: &mut Pen) {
    let [_, _, light] = pen.colours.body;
    pen.raw("<ellipse cx=\"424\" cy=\"396\" rx=\"250\" ry=\"250\" fill=\"#2a1d10\" opacity=\".14\"/>");
    pen.ellipse((400, 370), (250, 250), BODY);
    pen.ellipse((400, 370), (226, 226), light);
    pen.ellipse((400, 370), (218, 218), PAPER);
    let ink = "#33302b";
    for hour in 0..12 {
        let length = if hour % 3 == 0 { 34 } else { 18 };
        let width = if hour % 3 == 0 { 9 } else { 5 };
        pen.raw(format_args!("<g transform=\"rotate({} 400 370)\">", hour * 30));
        pen.line(&format!("M400 172 v{length}"), ink, width);
        pen.raw("</g>");
    }
    let (hour, minute) = (pen.choose(1, 12), pen.choose(3, 12));
    pen.raw(format_args!("<g transform=\"rotate({} 400 370)\">", hour * 30 + minute * 5 / 2));
    pen.line("M400 390 V260", ink, 12);
    pen.raw(format_args!("</g><g transform=\"rotate({} 400 370)\">", minute * 30));
    pen.line("M400 396 V200", ink, 8);
    pen.raw("</g>");
    pen.line("M400 410 L470 236", pen.colours.accent[1], 4);
    pen.ellipse((400, 370), (14, 14), pen.colours.accent[0]);
    pen.veil("M230 290 Q280 180 400 160 Q300 210 262 330 Z", "#fff", 40);
}

pub(super) fn candle(pen: &mut Pen) {
    let [shade, _, light] = pen.colours.accent;
    pen.ellipse((400, 270), (300, 280), "url(#g)");
    pen.shadow((410, 624), (210, 34));
    pen.ellipse((400, 606), (180, 30), METAL);
    pen.ellipse((400, 600), (156, 22), "#8b9095");
    let (left, right, top) = if pen.choose(2, 2) == 0 { (300, 500, 350) } else { (346, 454, 280) };
    let middle = (left + right) / 2;
    pen.path(
        &format!("M{left} {top} V596 Q{middle} 622 {right} 596 V{top} Z"),
        if pen.choose(3, 2) == 0 { ACCENT } else { BODY },
    );
    pen.veil(&format!("M{} {top} h20 V604 h-20 Z", left + 18), "#fff", 30);
    let (radius, cream) =
        ((right - left) / 2, if pen.choose(3, 2) == 0 { light } else { pen.colours.body[2] });
    pen.ellipse((middle, top), (radius, 20), cream);
    pen.raw(format_args!(
        "<ellipse cx=\"{middle}\" cy=\"{top}\" rx=\"{}\" ry=\"11\" fill=\"#fff1c4\" opacity=\".75\"/>",
        radius * 2 / 3
    ));
    pen.line(&format!("M{middle} {top} q4 -16 0 -30"), "#3a2c1d", 6);
    pen.path(&format!("M{middle} {} c-30 -40 -20 -72 2 -116 c26 44 34 76 -2 116 z", top - 20), "#f6b545");
    pen.path(&format!("M{middle} {} c-16 -26 -10 -44 1 -70 c14 26 18 46 -1 70 z", top - 22), "#fff3c9");
    pen.veil(&format!("M{left} 520 Q{middle} 546 {right} 520 V596 Q{middle} 622 {left} 596 Z"), shade, 20);
}

pub(super) fn soap(pen: &mut Pen) {
    let [shade, _, light] = pen.colours.body;
    pen.shadow((410, 626), (300, 36));
    pen.path("M130 590 H670 L650 628 Q400 640 150 628 Z", WOOD);
    for x in [210, 300, 390, 480, 570] {
        pen.rectangle((x, 594), (36, 8), 4, "#6b4726");
    }
    if pen.choose(1, 2) == 0 {
        pen.path("M250 430 Q254 380 300 374 H560 Q606 380 610 430 L612 470 H248 Z", ACCENT);
        pen.veil("M270 420 Q276 392 310 390 H450 Q300 400 284 460 H268 Z", "#fff", 26);
    }
    pen.path(
        "M180 500 Q184 452 240 448 H560 Q616 452 620 500 V548 Q616 594 560 596 H240 Q184 594 180 548 Z",
        BODY,
    );
    pen.path(
        "M190 500 Q196 460 244 458 H556 Q604 460 610 500 Q604 528 556 530 H244 Q196 528 190 500 Z",
        light,
    );
    pen.veil("M204 500 Q210 470 250 468 H420 Q270 476 240 520 Q206 518 204 500 Z", "#fff", 38);
    pen.faint_line("M330 494 q20 -18 40 0 t40 0 t40 0", shade, 6, 55);
    for (x, y, r) in [(640, 560, 26), (676, 590, 15), (610, 588, 18), (156, 582, 14), (664, 522, 10)] {
        pen.raw(format_args!(
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\" fill=\"#fff\" opacity=\".55\"/><circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"#fff\" opacity=\".8\"/>",
            x - r / 3, y - r / 3, r / 4
        ));
    }
}
