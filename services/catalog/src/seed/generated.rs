//! Products past those written by hand: each a combination of words, and so as many as a measurement wants.

use contracts::{Currency, Money, ProductId};

use crate::domain::{NewProduct, ProductStatus};

/// A thing: its name, what it is for, and what it costs and weighs when it is plain.
struct Thing(&'static str, &'static str, i64, u32);

const THINGS: [Thing; 20] = [
    Thing("Bowl", "for salad, fruit or whatever the table needs", 1_890, 620),
    Thing("Tray", "to carry breakfast where it tastes best", 2_490, 900),
    Thing("Bookend", "that holds a shelf of heavy books upright", 1_690, 1_100),
    Thing("Letter Opener", "for those who still get letters", 1_290, 90),
    Thing("Candle Holder", "for one candle of 22 millimetres", 1_490, 310),
    Thing("Serving Spoon", "with a long handle and a deep bowl", 1_150, 140),
    Thing("Storage Box", "with a lid that closes without a sound", 2_290, 750),
    Thing("Coat Hook", "with everything that is needed to hang it", 990, 180),
    Thing("Picture Frame", "for prints of 20 by 30 centimetres", 2_190, 560),
    Thing("Pen Stand", "that keeps a desk in order", 1_390, 260),
    Thing("Side Table", "just as high as the arm of a sofa", 11_900, 5_200),
    Thing("Wall Shelf", "60 centimetres long, with hidden brackets", 5_490, 2_300),
    Thing("Salt Cellar", "with a lid that turns aside", 1_590, 210),
    Thing("Mirror", "round, 40 centimetres across", 6_900, 2_900),
    Thing("Umbrella Stand", "with a tray for the drops", 4_990, 3_400),
    Thing("Trivet", "for pots straight from the stove", 1_190, 480),
    Thing("Vase", "for a single branch or a whole bunch", 2_790, 830),
    Thing("Door Stop", "heavy enough for a draughty house", 1_790, 1_500),
    Thing("Napkin Ring", "one of a kind that can be told from its neighbours", 690, 45),
    Thing("Watering Can", "with a narrow spout that reaches under leaves", 3_290, 640),
];

/// A material, what is to be known of it, and how it changes the price, in percent.
const MATERIALS: [(&str, &str, i64); 10] = [
    ("Oak", "European oak, oiled", 100),
    ("Ash", "pale ash with a visible grain", 95),
    ("Walnut", "American walnut, waxed", 140),
    ("Beech", "steamed beech", 85),
    ("Brass", "solid brass that darkens with time", 160),
    ("Copper", "hammered copper", 170),
    ("Steel", "brushed stainless steel", 110),
    ("Stoneware", "stoneware with a matt glaze", 105),
    ("Marble", "honed marble, each piece its own", 190),
    ("Bamboo", "bamboo from sustained groves", 75),
];

const FINISHES: [&str; 8] = ["Natural", "Ink", "Moss", "Sand", "Rust", "Slate", "Chalk", "Plum"];

/// The generated product of a number. After all combinations the next series begins.
pub(super) fn product(number: usize, product_id: ProductId) -> NewProduct {
    // The thing changes fastest, so that the first page of a list has many.
    let Thing(thing, purpose, price_cents, weight_grams) = &THINGS[number % THINGS.len()];
    let rest = number / THINGS.len();
    let (material, about, percent) = MATERIALS[rest % MATERIALS.len()];
    let rest = rest / MATERIALS.len();
    let finish = FINISHES[rest % FINISHES.len()];
    let series = rest / FINISHES.len();
    let series_name = if series == 0 { String::new() } else { format!(", Series {}", series + 1) };
    NewProduct {
        product_id,
        slug: None,
        sku: Some(format!("ISO-G{:06}", number + 1)),
        name: format!("{material} {thing}, {finish}{series_name}"),
        description: format!(
            "A {} {purpose}. Made of {about}; finish: {}.",
            thing.to_lowercase(),
            finish.to_lowercase()
        ),
        price: Money::new(shelf_price(price_cents * percent / 100), Currency::EUR),
        weight_grams: *weight_grams,
        stocked: true,
        status: ProductStatus::Listed,
        tax_class: contracts::TaxClass::Standard,
        category_ids: Vec::new(),
        pictures: Vec::new(),
        featured: None,
        options: Vec::new(),
        variants: Vec::new(),
    }
}

/// The next price up that ends in 90 cents.
fn shelf_price(cents: i64) -> i64 {
    (cents + 9) / 100 * 100 + 90
}
