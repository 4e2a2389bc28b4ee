//! The addresses that a customer keeps. One of them is the default, as long as there is any.

use contracts::{Address, CustomerId, Refusal};
use engine::{Needs, Rows};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Customer, customer};

/// How many addresses a customer may keep.
pub const ADDRESSES_MAX: usize = 50;

/// A customer's addresses, in the order in which they were added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressBook {
    /// Whose.
    pub customer_id: CustomerId,
    /// The addresses.
    pub addresses: Vec<SavedAddress>,
}

/// An address that a customer keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedAddress {
    /// Its id.
    pub id: Uuid,
    /// What the customer calls it.
    pub label: Option<String>,
    /// Whether it is the one that is used unless another is chosen.
    pub is_default: bool,
    /// Where a parcel goes.
    pub address: Address,
}

/// What is done to the addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AddressChange {
    /// One is added.
    Add {
        /// Given by whoever asks.
        id: Uuid,
        /// What it is called.
        label: Option<String>,
        /// Whether it is to be the default.
        is_default: bool,
        /// Where a parcel goes.
        address: Address,
    },
    /// One is written otherwise. What is not named stays as it is.
    Edit {
        /// Which.
        id: Uuid,
        /// What it is called; empty for nothing any more.
        label: Option<String>,
        /// Whether it is to be the default. The default itself stays it, until another is.
        is_default: bool,
        /// Where a parcel goes.
        address: Option<Address>,
    },
    /// One is taken out. The oldest that is left is the default then, where it was the default.
    Remove {
        /// Which.
        id: Uuid,
    },
}

fn not_found() -> Refusal {
    Refusal::not_found("address_not_found", "There is no such address.")
}

impl AddressBook {
    fn position(&self, id: Uuid) -> Result<usize, Refusal> {
        self.addresses.iter().position(|saved| saved.id == id).ok_or_else(not_found)
    }

    fn make_default(&mut self, id: Uuid) {
        self.addresses.iter_mut().for_each(|saved| saved.is_default = saved.id == id);
    }

    fn apply(&mut self, change: &AddressChange) -> Result<Uuid, Refusal> {
        match change.clone() {
            AddressChange::Add { id, label, is_default, address } => {
                if self.addresses.len() >= ADDRESSES_MAX {
                    let detail = format!("A customer keeps at most {ADDRESSES_MAX} addresses.");
                    return Err(Refusal::conflict("too_many_addresses", detail));
                }
                let is_first = self.addresses.is_empty();
                self.addresses.push(SavedAddress { id, label, is_default: false, address });
                if is_default || is_first {
                    self.make_default(id);
                }
                Ok(id)
            }
            AddressChange::Edit { id, label, is_default, address } => {
                let position = self.position(id)?;
                let saved = &mut self.addresses[position];
                if let Some(label) = label {
                    saved.label = Some(label).filter(|label| !label.is_empty());
                }
                saved.address = address.unwrap_or_else(|| saved.address.clone());
                if is_default {
                    self.make_default(id);
                }
                Ok(id)
            }
            AddressChange::Remove { id } => {
                let removed = self.addresses.remove(self.position(id)?);
                if let Some(first) =
                    self.addresses.first().map(|saved| saved.id).filter(|_| removed.is_default)
                {
                    self.make_default(first);
                }
                Ok(id)
            }
        }
    }
}

/// Names the addresses of a customer.
pub fn name(customer_id: CustomerId, needs: &mut Needs<'_>) {
    needs.read::<Customer>(customer_id);
    needs.write::<AddressBook>(customer_id);
}

/// Changes the addresses of a customer.
///
/// # Errors
/// There is no such address, or there are too many.
pub fn change(
    customer_id: CustomerId,
    change: &AddressChange,
    rows: &mut Rows,
) -> Result<AddressBook, Refusal> {
    customer::active(customer_id, rows)?;
    let book = rows.get::<AddressBook>(customer_id).cloned();
    let mut book = book.unwrap_or(AddressBook { customer_id, addresses: Vec::new() });
    book.apply(change)?;
    rows.put(book.clone());
    Ok(book)
}

#[cfg(test)]
mod tests {
    use contracts::{Address, CustomerId};
    use uuid::Uuid;

    use super::{ADDRESSES_MAX, AddressBook, AddressChange};

    fn address() -> Address {
        let text = |text: &str| text.to_owned();
        let (name, street) = (text("Ada Lovelace"), text("12 Square"));
        Address { name, street, postal_code: text("SW1Y 4JH"), city: text("London"), country: text("GB") }
    }

    fn add(number: u128, is_default: bool) -> AddressChange {
        AddressChange::Add { id: Uuid::from_u128(number), label: None, is_default, address: address() }
    }

    fn defaults(book: &AddressBook) -> Vec<u128> {
        book.addresses.iter().filter(|saved| saved.is_default).map(|saved| saved.id.as_u128()).collect()
    }

    #[test]
    fn there_is_one_default_as_long_as_there_is_any_address() {
        let mut book = AddressBook { customer_id: CustomerId(Uuid::nil()), addresses: Vec::new() };
        for (change, default) in [
            (add(1, false), 1),
            (add(2, false), 1),
            (add(3, true), 3),
            (
                AddressChange::Edit { id: Uuid::from_u128(3), label: None, is_default: false, address: None },
                3,
            ),
            (AddressChange::Edit { id: Uuid::from_u128(2), label: None, is_default: true, address: None }, 2),
            (AddressChange::Remove { id: Uuid::from_u128(2) }, 1),
        ] {
            book.apply(&change).expect("applied");
            assert_eq!(defaults(&book), [default], "{change:?}");
        }
        for id in [1, 3] {
            book.apply(&AddressChange::Remove { id: Uuid::from_u128(id) }).expect("removed");
        }
        assert!(book.addresses.is_empty());
        let gone = book.apply(&AddressChange::Remove { id: Uuid::from_u128(1) }).expect_err("gone");
        assert_eq!(gone.code, "address_not_found");
    }

    #[test]
    fn there_are_no_more_than_fifty() {
        let mut book = AddressBook { customer_id: CustomerId(Uuid::nil()), addresses: Vec::new() };
        for number in 0..ADDRESSES_MAX {
            book.apply(&add(number as u128, false)).expect("added");
        }
        assert_eq!(book.apply(&add(99, false)).expect_err("full").code, "too_many_addresses");
    }
}
