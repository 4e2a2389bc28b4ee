//! The first of the demo products, a few of each kind.

use super::{Handmade, thing};

pub(super) const PRODUCTS: [Handmade; 24] = [
    thing("ISO-1001", "Walnut Desk Lamp", "lighting", 8_900, 1_450,
        "A lamp with a stem of oiled walnut and a shade of powder-coated steel that tilts and turns. It takes any bulb \
            with an E27 base; a warm 6 W LED comes with it. The cord is two metres long and covered with linen.").featured(1),
    thing("ISO-1002", "Pour-Over Coffee Set", "tea-and-coffee", 4_250, 1_100,
        "A porcelain dripper, a half-litre glass server with a cork collar, and forty unbleached filters. The ribs inside \
            the dripper keep the filter off the wall, so the water runs evenly and the cup is clear."),
    thing("ISO-1003", "Linen Kitchen Apron", "textiles", 3_900, 380,
        "Stonewashed linen that softens with every wash. Cross-back straps take the weight off the neck, and the two \
            deep pockets hold a thermometer, a towel and a phone. One size; wash at 40 degrees."),
    thing("ISO-1004", "Carbon Steel Pan, 28 cm", "cookware", 5_490, 1_900,
        "Two and a half millimetres of carbon steel: light enough to toss with, heavy enough to sear. It arrives \
            unseasoned, with a leaflet on how to bring it to a black non-stick finish. For every stove, also induction."),
    thing("ISO-1005", "Pocket Notebook, Set of Three", "notebooks", 1_290, 160,
        "Forty-eight sewn pages each, dot grid, on paper that takes fountain-pen ink without bleeding. The covers are \
            made of recycled cotton and fit a back pocket."),
    thing("ISO-1006", "Brass Mechanical Pencil", "writing", 3_450, 28,
        "Turned from one bar of brass, with a 0.7 mm mechanism that can be taken out and cleaned. The lacquer is left \
            off on purpose: the metal darkens where it is held."),
    thing("ISO-1007", "Wool Throw, Herringbone", "textiles", 9_950, 820,
        "Woven from undyed lambswool in two natural greys, 130 by 190 centimetres, with a short fringe. Warm enough for \
            a cold sofa and light enough for a train."),
    thing("ISO-1008", "Cast-Iron Teapot, 0.8 l", "tea-and-coffee", 6_490, 1_700,
        "Keeps tea hot for an hour. Enamelled inside, so it does not rust and keeps no taste; the strainer of stainless \
            steel reaches to the bottom, so one cup can be brewed as well as four.").featured(4),
    thing("ISO-1009", "Folding Hand Plane", "garden-tools", 7_800, 340,
        "A block plane for the tool belt: the blade retracts and the body folds over it. Takes shavings thin enough to \
            read through. The blade is 35 millimetres wide and can be sharpened on any stone."),
    thing("ISO-1010", "Travel Chess Set", "games", 2_990, 420,
        "Boxwood and rosewood men with magnets in their feet, on a board that closes into a box of 18 centimetres. It \
            stays put on a train table, and a game can be closed and carried on tomorrow."),
    thing("ISO-1011", "Merino Hiking Socks, Two Pairs", "accessories", 2_650, 150,
        "Knitted from fine merino with terry at heel and toe, flat at the seam. They dry overnight and can be worn three \
            days in a row. Sizes 38 to 41 and 42 to 46; say which in the order's note."),
    thing("ISO-1012", "Enamel Mug, Night Blue", "tableware", 1_150, 190,
        "A third of a litre, two coats of enamel on steel, a rim of bare metal. For the desk and the campfire, not for \
            the microwave."),
    thing("ISO-1013", "Bamboo Bicycle Bell", "outdoors", 1_890, 70,
        "A brass dome on a bamboo base, clamped with a leather strap that fits bars from 22 to 32 millimetres. One clear \
            note that carries further than one expects."),
    thing("ISO-1014", "Waxed Canvas Rucksack, 22 l", "bags", 13_900, 1_250,
        "Rolled closure, padded sleeve for a 15-inch computer, and a bottle pocket on each side. The canvas is waxed and \
            sheds a shower; wax it again once a year. Straps of vegetable-tanned leather.").featured(3),
    thing("ISO-1015", "Olive Wood Board", "knives-and-boards", 3_200, 950,
        "Cut from one plank, so no two grains are alike; about 40 by 18 centimetres. For bread, cheese and serving. Oil \
            it when it looks dry, and never put it into the dishwasher."),
    thing("ISO-1016", "Beeswax Candles, Box of Six", "decoration", 2_150, 480,
        "Dipped by hand from pure beeswax with a cotton wick; each burns for about seven hours without dripping. They \
            fit holders of 22 millimetres."),
    thing("ISO-1017", "Wall Clock, Silent", "decoration", 5_900, 700,
        "A sweeping movement that cannot be heard, behind a face of pale ash, 30 centimetres across. Runs a year on one \
            AA battery, which is not included."),
    thing("ISO-1018", "Garden Secateurs", "garden-tools", 4_690, 245,
        "Bypass blades of forged steel that can be replaced, a sap groove that keeps them from sticking, and handles for \
            small and large hands. Cuts green wood up to 24 millimetres."),
    thing("ISO-1019", "Herb Seeds, Kitchen Mix", "plants", 890, 25,
        "Basil, chives, flat parsley, thyme and coriander, in five paper bags with a calendar of when to sow what. \
            Open-pollinated, so seeds can be kept for next year."),
    thing("ISO-1020", "Ceramic Plant Pot, 14 cm", "plants", 1_990, 780,
        "Thrown stoneware with a matt white glaze and a saucer that belongs to it. A hole in the bottom saves the plant \
            from good intentions."),
    thing("ISO-1021", "Reading Chair Cushion", "textiles", 2_890, 1_300,
        "Filled with buckwheat husks that follow the back and let air through, in a cover of washable corduroy. 45 by 30 \
            centimetres; the filling can be taken out and reduced."),
    thing("ISO-1022", "Field Binoculars 8x32", "outdoors", 18_900, 490,
        "Bright and small enough to be taken along every time. Fully coated lenses, rubber armour, a close focus of one \
            and a half metres for butterflies, and a tripod thread."),
    thing("ISO-1023", "Wooden Marble Run", "toys", 5_950, 2_400,
        "Forty-eight pieces of beech and ten glass marbles for builders from four years on. Tracks, funnels, a stair and \
            a bell; every piece fits on every other."),
    thing("ISO-1024", "Gift Wrapping", "", 450, 0,
        "We wrap the order in recycled paper with a cotton ribbon, leave the prices out, and write your line on a card \
            by hand."),
];
