//! What a kitchen works with.

use crate::pictures::pen::{ACCENT, BODY, METAL, Pen, WOOD};

pub(super) fn bread(pen: &mut Pen) {
    pen.shadow((410, 626), (300, 38));
    pen.path("M110 584 H690 Q704 584 700 602 L694 622 Q690 634 676 634 H124 Q110 634 106 622 L100 602 Q96 584 110 584 Z", WOOD);
    pen.veil("M106 588 H694 V598 H106 Z", "#fff", 25);
    pen.path("M160 590 C130 560 140 470 210 420 C280 372 520 372 590 420 C660 470 670 560 640 590 Q400 606 160 590 Z", "#a4642f");
    pen.path("M168 560 C160 490 210 432 270 410 C360 380 470 386 540 412 C600 436 640 492 632 550 C600 470 520 436 400 434 C290 434 200 480 168 560 Z", "#c98a4b");
    pen.veil("M220 462 C270 410 380 396 450 404 C350 410 270 440 232 500 Z", "#fff", 22);
    let slashes: &[&str] = match pen.choose(0, 2) {
        0 => &["M250 500 Q300 430 352 420", "M352 508 Q404 430 458 424", "M456 510 Q506 440 552 440"],
        _ => &["M210 520 Q400 400 592 500", "M300 452 L276 420", "M392 430 L380 396", "M486 438 L492 402"],
    };
    for slash in slashes {
        pen.line(slash, "#7a4520", 14);
        pen.line(slash, "#efd0a0", 7);
    }
    for (x, y) in
        [(240, 470), (330, 410), (430, 400), (540, 450), (590, 500), (480, 470), (300, 540), (580, 560)]
    {
        pen.raw(format_args!(
            "<ellipse cx=\"{x}\" cy=\"{y}\" rx=\"22\" ry=\"7\" fill=\"#fff\" opacity=\".16\"/>"
        ));
    }
    pen.veil(
        "M160 590 C150 570 150 550 156 536 C180 580 300 588 640 572 Q640 586 640 590 Q400 606 160 590 Z",
        "#4a2910",
        35,
    );
}

pub(super) fn knife(pen: &mut Pen) {
    let handle = if pen.choose(1, 2) == 0 { BODY } else { WOOD };
    pen.veil(
        "M176 128 H640 Q672 128 672 160 V690 Q672 722 640 722 H176 Q144 722 144 690 V160 Q144 128 176 128 Z",
        "#2a1d10",
        16,
    );
    pen.rectangle((130, 106), (540, 590), 30, WOOD);
    for path in [
        "M150 190 Q400 160 650 200",
        "M150 300 Q400 340 650 296",
        "M150 430 Q380 400 650 440",
        "M150 560 Q420 600 650 556",
        "M150 640 Q400 620 650 650",
    ] {
        pen.faint_line(path, "#6b4726", 4, 28);
    }
    pen.ellipse((610, 162), (22, 22), "#6b4726");
    pen.ellipse((612, 165), (19, 19), pen.colours.wall[1]);
    pen.veil("M232 616 L270 560 L596 250 Q616 300 560 372 L330 588 Z", "#2a1d10", 22);
    pen.path("M300 510 L560 230 Q590 206 590 240 Q584 310 530 372 L352 556 Z", METAL);
    pen.veil("M352 556 L530 372 Q584 310 590 240 Q572 300 520 350 L342 544 Z", "#fff", 70);
    pen.line("M292 502 L362 564", "#8b9095", 16);
    pen.path("M306 520 L348 562 L244 660 Q214 682 196 664 Q178 646 200 618 Z", handle);
    for (x, y) in [(312, 554), (270, 596), (230, 636)] {
        pen.ellipse((x, y), (8, 8), "#d9dcdf");
        pen.ellipse((x, y), (4, 4), "#90969b");
    }
}

pub(super) fn pan(pen: &mut Pen) {
    let [shade, _, light] = pen.colours.body;
    pen.shadow((400, 622), (290, 38));
    if pen.choose(2, 2) == 0 {
        pen.line("M596 470 L762 416", shade, 34);
        pen.line("M596 464 L758 412", "#3a3f44", 22);
        pen.ellipse((744, 416), (7, 7), light);
        pen.path("M130 440 Q140 600 230 620 H510 Q600 600 610 440 Z", BODY);
        pen.veil("M166 474 Q180 580 240 606 L262 606 Q206 560 196 478 Z", "#fff", 24);
        pen.ellipse((370, 440), (240, 62), light);
        pen.ellipse((370, 446), (224, 52), "#2e3236");
        pen.veil(
            "M170 462 Q260 500 370 498 Q470 498 560 466 Q480 484 370 484 Q260 484 170 462 Z",
            "#fff",
            22,
        );
    } else {
        pen.path("M96 470 h60 v34 h-44 q-16 0 -16 -16 z M704 470 h-60 v34 h44 q16 0 16 -16 z", shade);
        pen.path("M140 420 H660 V570 Q656 620 600 622 H200 Q144 620 140 570 Z", BODY);
        pen.veil("M176 440 H206 V600 Q176 590 176 560 Z", "#fff", 26);
        pen.path("M128 420 Q140 330 400 322 Q660 330 672 420 Q540 444 400 444 Q260 444 128 420 Z", BODY);
        pen.faint_line("M128 420 Q260 446 400 446 Q540 446 672 420", shade, 6, 70);
        pen.veil("M190 380 Q260 342 380 336 Q290 356 226 400 Z", "#fff", 34);
        pen.path("M366 322 Q366 284 400 284 Q434 284 434 322 Z", ACCENT);
    }
}
