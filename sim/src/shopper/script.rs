//! What a shopper has in mind.

use std::collections::VecDeque;

use contracts::ProductId;

use crate::faults::Faults;

/// Something that a shopper wants: a request, or to wait.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    /// Let so many turns go by.
    Wait(usize),
    /// Put money into the wallet, in cents.
    TopUp(i64),
    /// Open a cart.
    Open,
    /// Add units of a product.
    Add(ProductId, u32),
    /// Have so many units of a product.
    Set(ProductId, u32),
    /// Take a product out.
    Remove(ProductId),
    /// Start the time of all holds again.
    Renew,
    /// Say where it goes.
    Address,
    /// Say how it goes.
    Method,
    /// Make the cart an order.
    CheckOut,
    /// Order without a cart.
    BuyNow(ProductId, u32),
    /// Cancel the order.
    Cancel,
}

/// Draws a script.
pub fn draw(faults: &Faults, products: &[ProductId], has_wallet: bool) -> VecDeque<Wish> {
    let mut script = VecDeque::from([Wish::Wait(faults.below(20))]);
    let product = || faults.of_items(products);
    if has_wallet {
        for _ in 0..faults.within(1, 2) {
            script.push_back(Wish::TopUp(faults.within(1, 30_000) as i64));
        }
    }
    for _ in 0..faults.within(1, 3) {
        if faults.chance(2_500) {
            script.push_back(Wish::BuyNow(product(), faults.within(1, 3) as u32));
        } else {
            fill_a_cart(&mut script, faults, products);
        }
        while faults.chance(4_500) {
            script.push_back(Wish::Wait(faults.of_items(&[0, 2, 5, 15, 40])));
            script.push_back(Wish::Cancel);
        }
    }
    script
}

fn fill_a_cart(script: &mut VecDeque<Wish>, faults: &Faults, products: &[ProductId]) {
    let product = || faults.of_items(products);
    script.push_back(Wish::Open);
    for _ in 0..faults.within(1, 3) {
        script.push_back(Wish::Add(product(), faults.within(1, 3) as u32));
    }
    for _ in 0..faults.below(4) {
        script.push_back(match faults.below(6) {
            0 | 1 => Wish::Set(product(), faults.within(1, 4) as u32),
            2 => Wish::Remove(product()),
            3 => Wish::Add(product(), 1),
            4 => Wish::Renew,
            _ => Wish::Wait(faults.below(10)),
        });
    }
    script.extend([Wish::Address, Wish::Method]);
    if faults.chance(8_500) {
        script.push_back(Wish::CheckOut);
    }
}
