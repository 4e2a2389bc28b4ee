//! What grows, what makes it grow and what is played with.

use crate::pictures::pen::{ACCENT, BODY, METAL, Pen, WOOD};

pub(super) fn plant(pen: &mut Pen) {
    let [shade, _, light] = pen.colours.body;
    pen.shadow((415, 626), (210, 34));
    let (dark, green, bright) = [
        ("#3f5d3c", "#5e8055", "#8fae7e"),
        ("#31564d", "#4f7c6c", "#83aa98"),
        ("#5a6432", "#7f8b4c", "#aeb87a"),
    ][pen.choose(0, 3) as usize];
    match pen.choose(1, 3) {
        0 => {
            for (stem, x, y, turn) in [
                ("M400 430 C380 340 300 290 236 262", 236, 262, 210),
                ("M400 430 C420 330 500 280 566 260", 566, 260, -28),
                ("M400 430 C390 300 360 200 330 140", 330, 140, 246),
                ("M400 430 C404 300 440 200 470 138", 470, 138, -66),
                ("M400 430 C396 320 396 240 400 96", 400, 96, -90),
                ("M400 430 C350 380 270 380 206 384", 206, 384, 182),
                ("M400 430 C450 380 530 376 596 382", 596, 382, -4),
            ] {
                pen.line(stem, dark, 7);
                pen.raw(format_args!("<g transform=\"translate({x} {y}) rotate({turn})\">"));
                pen.path("M-90 0 Q-30 -62 62 0 Q-30 62 -90 0 Z", green);
                pen.path("M-90 0 Q-30 -62 62 0 Z", bright);
                pen.faint_line("M-90 0 H58", dark, 4, 60);
                pen.raw("</g>");
            }
        }
        1 => {
            for (bend, tip, fill) in [
                (180, (150, 300), dark),
                (620, (650, 300), dark),
                (240, (190, 180), green),
                (560, (610, 180), green),
                (310, (280, 100), bright),
                (490, (520, 100), bright),
                (380, (390, 60), green),
            ] {
                let (x, y) = tip;
                pen.path(
                    &format!(
                        "M384 440 Q{bend} {} {x} {y} Q{} {} 416 440 Z",
                        y + 90,
                        (bend + 440) / 2,
                        y + 170
                    ),
                    fill,
                );
            }
        }
        _ => {
            pen.line("M400 440 C400 360 396 300 400 210", "#6b4a2b", 18);
            for (x, y, r, fill) in [
                (400, 190, 120, dark),
                (310, 240, 84, dark),
                (490, 236, 88, green),
                (350, 160, 80, green),
                (440, 140, 78, bright),
                (380, 220, 70, bright),
                (470, 200, 50, green),
            ] {
                pen.ellipse((x, y), (r, r * 9 / 10), fill);
            }
            for (x, y) in [(330, 150), (400, 120), (460, 160), (370, 200), (300, 230), (500, 220), (430, 220)]
            {
                pen.faint_line(&format!("M{x} {y} q12 -16 28 -14"), "#fff", 5, 24);
            }
        }
    }
    pen.path("M276 430 H524 L494 606 Q490 624 468 626 H332 Q310 624 306 606 Z", BODY);
    pen.path("M262 404 H538 Q546 404 545 414 L540 446 Q538 454 528 454 H272 Q262 454 260 446 L255 414 Q254 404 262 404 Z", BODY);
    pen.faint_line("M262 454 H538", shade, 6, 45);
    pen.veil("M296 456 H326 L346 618 Q330 620 322 604 Z", "#fff", 18);
    pen.faint_line("M268 416 H420", light, 6, 55);
    if pen.choose(3, 2) == 0 {
        pen.faint_line(
            "M296 520 l26 24 l26 -24 l26 24 l26 -24 l26 24 l26 -24 l26 24 l22 -20",
            pen.colours.accent[2],
            7,
            70,
        );
    }
}

pub(super) fn toy(pen: &mut Pen) {
    let [shade, plain, light] = pen.colours.body;
    let [accent_shade, accent, accent_light] = pen.colours.accent;
    pen.shadow((400, 628), (310, 34));
    if pen.choose(2, 2) == 0 {
        // A train.
        pen.rectangle((130, 520), (310, 60), 12, WOOD);
        pen.rectangle((150, 380), (120, 150), 10, BODY);
        pen.rectangle((172, 404), (76, 58), 6, "#f7efdf");
        pen.path("M136 384 Q136 358 160 356 H262 Q286 358 286 384 Z", ACCENT);
        pen.path("M268 440 H400 Q440 444 440 486 V530 H268 Z", ACCENT);
        pen.path("M350 376 H398 L390 440 H358 Z", BODY);
        pen.ellipse((374, 376), (28, 8), light);
        pen.veil("M276 452 H400 Q420 456 424 470 H276 Z", "#fff", 35);
        pen.rectangle((480, 520), (200, 60), 12, WOOD);
        pen.rectangle((500, 450), (48, 74), 6, plain);
        pen.ellipse((584, 494), (34, 34), ACCENT);
        pen.path("M622 524 L650 450 L676 524 Z", shade);
        pen.line("M440 552 H480", "#6b4726", 12);
        for x in [190, 290, 390, 530, 630] {
            pen.ellipse((x, 590), (38, 38), shade);
            pen.ellipse((x, 590), (28, 28), light);
            pen.ellipse((x, 590), (9, 9), accent_shade);
        }
        for (x, y, r) in [(386, 330, 22), (414, 288, 30), (456, 238, 40)] {
            pen.raw(format_args!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\" fill=\"#fff\" opacity=\".55\"/>"));
        }
        return;
    }
    // Building blocks.
    pen.rectangle((160, 500), (130, 126), 10, BODY);
    pen.rectangle((300, 500), (200, 126), 10, WOOD);
    pen.path("M340 626 Q340 560 400 558 Q460 560 460 626 Z", shade);
    pen.rectangle((510, 500), (130, 126), 10, ACCENT);
    pen.rectangle((230, 376), (130, 122), 10, ACCENT);
    pen.rectangle((438, 376), (130, 122), 10, BODY);
    pen.rectangle((262, 330), (276, 46), 8, WOOD);
    pen.path("M316 330 L400 206 L484 330 Z", BODY);
    pen.path("M316 330 L400 206 L412 222 L346 330 Z", light);
    pen.ellipse((225, 563), (34, 34), accent_light);
    pen.path("M575 530 l13 26 l29 4 l-21 20 l5 29 l-26 -14 l-26 14 l5 -29 l-21 -20 l29 -4 z", light);
    pen.ellipse((295, 437), (30, 30), plain);
    pen.rectangle((478, 412), (50, 50), 6, accent);
    pen.veil("M170 508 h16 v110 h-16 z M310 508 h16 v110 h-16 z M520 508 h16 v110 h-16 z M240 384 h16 v106 h-16 z M448 384 h16 v106 h-16 z", "#fff", 28);
}

/// A trowel and a fork, side by side on a cloth.
pub(super) fn tool(pen: &mut Pen) {
    let [shade, plain, light] = pen.colours.body;
    pen.raw("<g transform=\"rotate(-5 400 400)\">");
    pen.veil("M160 156 H668 V672 H160 Z", "#2a1d10", 14);
    pen.rectangle((146, 140), (508, 516), 10, ACCENT);
    match pen.choose(0, 2) {
        0 => pen.faint_line(
            "M176 140 V656 M190 140 V656 M612 140 V656 M626 140 V656",
            pen.colours.accent[0],
            4,
            55,
        ),
        _ => pen.faint_line(
            "M146 196 H654 M146 212 H654 M146 590 H654 M146 606 H654",
            pen.colours.accent[0],
            4,
            55,
        ),
    }
    pen.raw("<g transform=\"rotate(-6 310 400)\">");
    pen.veil("M262 196 Q324 100 386 196 Q398 330 338 368 V420 H310 V368 Q250 330 262 196 Z", "#2a1d10", 20);
    pen.path("M248 182 Q310 84 372 182 Q384 318 324 356 V440 H296 V356 Q236 318 248 182 Z", METAL);
    pen.veil("M310 136 Q352 160 356 200 Q362 300 316 340 Z", "#3a3f44", 22);
    pen.rectangle((284, 420), (52, 190), 24, if pen.choose(1, 2) == 0 { BODY } else { WOOD });
    pen.rectangle((284, 420), (52, 26), 8, light);
    pen.ellipse((310, 588), (9, 9), shade);
    pen.raw("</g><g transform=\"rotate(7 500 400)\">");
    for x in [462, 500, 538] {
        pen.veil(&format!("M{} 166 h14 v176 h-14 z", x + 4), "#2a1d10", 20);
        pen.path(&format!("M{} 340 V176 Q{x} 132 {} 176 V340 Z", x - 8, x + 8), METAL);
    }
    pen.path("M454 318 H546 Q548 366 514 372 V440 H486 V372 Q452 366 454 318 Z", METAL);
    pen.rectangle((474, 420), (52, 190), 24, if pen.choose(1, 2) == 0 { BODY } else { WOOD });
    pen.rectangle((474, 420), (52, 26), 8, plain);
    pen.ellipse((500, 588), (9, 9), shade);
    pen.raw("</g></g>");
}
