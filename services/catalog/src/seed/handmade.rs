//! The products that a new shop shows, written by hand.

/// A demo product.
pub(super) struct Handmade {
    pub sku: &'static str,
    pub name: &'static str,
    pub description: &'static str,
    pub price_cents: i64,
    /// 0 for what is not sent, of which no units are counted.
    pub weight_grams: u32,
}

pub(super) const PRODUCTS: [Handmade; 24] = [
    Handmade {
        sku: "ISO-1001",
        name: "Walnut Desk Lamp",
        description: "A lamp with a stem of oiled walnut and a shade of powder-coated steel that tilts and turns. It takes any bulb \
            with an E27 base; a warm 6 W LED comes with it. The cord is two metres long and covered with linen.",
        price_cents: 8_900,
        weight_grams: 1_450,
    },
    Handmade {
        sku: "ISO-1002",
        name: "Pour-Over Coffee Set",
        description: "A porcelain dripper, a half-litre glass server with a cork collar, and forty unbleached filters. The ribs inside \
            the dripper keep the filter off the wall, so the water runs evenly and the cup is clear.",
        price_cents: 4_250,
        weight_grams: 1_100,
    },
    Handmade {
        sku: "ISO-1003",
        name: "Linen Kitchen Apron",
        description: "Stonewashed linen that softens with every wash. Cross-back straps take the weight off the neck, and the two \
            deep pockets hold a thermometer, a towel and a phone. One size; wash at 40 degrees.",
        price_cents: 3_900,
        weight_grams: 380,
    },
    Handmade {
        sku: "ISO-1004",
        name: "Carbon Steel Pan, 28 cm",
        description: "Two and a half millimetres of carbon steel: light enough to toss with, heavy enough to sear. It arrives \
            unseasoned, with a leaflet on how to bring it to a black non-stick finish. For every stove, also induction.",
        price_cents: 5_490,
        weight_grams: 1_900,
    },
    Handmade {
        sku: "ISO-1005",
        name: "Pocket Notebook, Set of Three",
        description: "Forty-eight sewn pages each, dot grid, on paper that takes fountain-pen ink without bleeding. The covers are \
            made of recycled cotton and fit a back pocket.",
        price_cents: 1_290,
        weight_grams: 160,
    },
    Handmade {
        sku: "ISO-1006",
        name: "Brass Mechanical Pencil",
        description: "Turned from one bar of brass, with a 0.7 mm mechanism that can be taken out and cleaned. The lacquer is left \
            off on purpose: the metal darkens where it is held.",
        price_cents: 3_450,
        weight_grams: 28,
    },
    Handmade {
        sku: "ISO-1007",
        name: "Wool Throw, Herringbone",
        description: "Woven from undyed lambswool in two natural greys, 130 by 190 centimetres, with a short fringe. Warm enough for \
            a cold sofa and light enough for a train.",
        price_cents: 9_950,
        weight_grams: 820,
    },
    Handmade {
        sku: "ISO-1008",
        name: "Cast-Iron Teapot, 0.8 l",
        description: "Keeps tea hot for an hour. Enamelled inside, so it does not rust and keeps no taste; the strainer of stainless \
            steel reaches to the bottom, so one cup can be brewed as well as four.",
        price_cents: 6_490,
        weight_grams: 1_700,
    },
    Handmade {
        sku: "ISO-1009",
        name: "Folding Hand Plane",
        description: "A block plane for the tool belt: the blade retracts and the body folds over it. Takes shavings thin enough to \
            read through. The blade is 35 millimetres wide and can be sharpened on any stone.",
        price_cents: 7_800,
        weight_grams: 340,
    },
    Handmade {
        sku: "ISO-1010",
        name: "Travel Chess Set",
        description: "Boxwood and rosewood men with magnets in their feet, on a board that closes into a box of 18 centimetres. It \
            stays put on a train table, and a game can be closed and carried on tomorrow.",
        price_cents: 2_990,
        weight_grams: 420,
    },
    Handmade {
        sku: "ISO-1011",
        name: "Merino Hiking Socks, Two Pairs",
        description: "Knitted from fine merino with terry at heel and toe, flat at the seam. They dry overnight and can be worn three \
            days in a row. Sizes 38 to 41 and 42 to 46; say which in the order's note.",
        price_cents: 2_650,
        weight_grams: 150,
    },
    Handmade {
        sku: "ISO-1012",
        name: "Enamel Mug, Night Blue",
        description: "A third of a litre, two coats of enamel on steel, a rim of bare metal. For the desk and the campfire, not for \
            the microwave.",
        price_cents: 1_150,
        weight_grams: 190,
    },
    Handmade {
        sku: "ISO-1013",
        name: "Bamboo Bicycle Bell",
        description: "A brass dome on a bamboo base, clamped with a leather strap that fits bars from 22 to 32 millimetres. One clear \
            note that carries further than one expects.",
        price_cents: 1_890,
        weight_grams: 70,
    },
    Handmade {
        sku: "ISO-1014",
        name: "Waxed Canvas Rucksack, 22 l",
        description: "Rolled closure, padded sleeve for a 15-inch computer, and a bottle pocket on each side. The canvas is waxed and \
            sheds a shower; wax it again once a year. Straps of vegetable-tanned leather.",
        price_cents: 13_900,
        weight_grams: 1_250,
    },
    Handmade {
        sku: "ISO-1015",
        name: "Olive Wood Board",
        description: "Cut from one plank, so no two grains are alike; about 40 by 18 centimetres. For bread, cheese and serving. Oil \
            it when it looks dry, and never put it into the dishwasher.",
        price_cents: 3_200,
        weight_grams: 950,
    },
    Handmade {
        sku: "ISO-1016",
        name: "Beeswax Candles, Box of Six",
        description: "Dipped by hand from pure beeswax with a cotton wick; each burns for about seven hours without dripping. They \
            fit holders of 22 millimetres.",
        price_cents: 2_150,
        weight_grams: 480,
    },
    Handmade {
        sku: "ISO-1017",
        name: "Wall Clock, Silent",
        description: "A sweeping movement that cannot be heard, behind a face of pale ash, 30 centimetres across. Runs a year on one \
            AA battery, which is not included.",
        price_cents: 5_900,
        weight_grams: 700,
    },
    Handmade {
        sku: "ISO-1018",
        name: "Garden Secateurs",
        description: "Bypass blades of forged steel that can be replaced, a sap groove that keeps them from sticking, and handles for \
            small and large hands. Cuts green wood up to 24 millimetres.",
        price_cents: 4_690,
        weight_grams: 245,
    },
    Handmade {
        sku: "ISO-1019",
        name: "Herb Seeds, Kitchen Mix",
        description: "Basil, chives, flat parsley, thyme and coriander, in five paper bags with a calendar of when to sow what. \
            Open-pollinated, so seeds can be kept for next year.",
        price_cents: 890,
        weight_grams: 25,
    },
    Handmade {
        sku: "ISO-1020",
        name: "Ceramic Plant Pot, 14 cm",
        description: "Thrown stoneware with a matt white glaze and a saucer that belongs to it. A hole in the bottom saves the plant \
            from good intentions.",
        price_cents: 1_990,
        weight_grams: 780,
    },
    Handmade {
        sku: "ISO-1021",
        name: "Reading Chair Cushion",
        description: "Filled with buckwheat husks that follow the back and let air through, in a cover of washable corduroy. 45 by 30 \
            centimetres; the filling can be taken out and reduced.",
        price_cents: 2_890,
        weight_grams: 1_300,
    },
    Handmade {
        sku: "ISO-1022",
        name: "Field Binoculars 8x32",
        description: "Bright and small enough to be taken along every time. Fully coated lenses, rubber armour, a close focus of one \
            and a half metres for butterflies, and a tripod thread.",
        price_cents: 18_900,
        weight_grams: 490,
    },
    Handmade {
        sku: "ISO-1023",
        name: "Wooden Marble Run",
        description: "Forty-eight pieces of beech and ten glass marbles for builders from four years on. Tracks, funnels, a stair and \
            a bell; every piece fits on every other.",
        price_cents: 5_950,
        weight_grams: 2_400,
    },
    Handmade {
        sku: "ISO-1024",
        name: "Gift Wrapping",
        description: "We wrap the order in recycled paper with a cotton ribbon, leave the prices out, and write your line on a card \
            by hand.",
        price_cents: 450,
        weight_grams: 0,
    },
];
