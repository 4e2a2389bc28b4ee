//! All that can be asked of carts or told to them, and what they answer.

use contracts::{Address, CartId, Currency, CustomerId, Money, OrderId, ProductId, Refusal};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{Cart, ImportLine, ItemChange, ProductChange, ProductCopy};

/// Commands, translated events and timers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// A command of somebody: to a customer's cart only the customer gives commands.
    From {
        /// Who; none for a guest.
        caller: Option<CustomerId>,
        /// What.
        command: Box<Message>,
    },
    /// Open an empty cart.
    Create {
        /// Its id, made by the caller.
        cart_id: CartId,
        /// Its currency until the first product is added.
        currency: Currency,
    },
    /// Add units of a product to what is in the cart of it.
    AddItem {
        /// The cart.
        cart_id: CartId,
        /// The product.
        product_id: ProductId,
        /// Units to add.
        quantity: u32,
    },
    /// Set the units of a product that is in the cart.
    SetItem {
        /// The cart.
        cart_id: CartId,
        /// The product.
        product_id: ProductId,
        /// Units of it from now on.
        quantity: u32,
    },
    /// Take back a change of a line, because inventory did not hold the units.
    RevertItem {
        /// The cart.
        cart_id: CartId,
        /// The change, as it was answered.
        change: ItemChange,
    },
    /// Take a product out of the cart.
    RemoveItem {
        /// The cart.
        cart_id: CartId,
        /// The product.
        product_id: ProductId,
    },
    /// Count a revision of the cart, and change nothing else of it.
    Touch {
        /// The cart.
        cart_id: CartId,
    },
    /// Say where the cart is to be sent.
    SetShippingAddress {
        /// The cart.
        cart_id: CartId,
        /// Where.
        address: Address,
    },
    /// Say how the cart is to be sent.
    SetShippingMethod {
        /// The cart.
        cart_id: CartId,
        /// A shipping option's code.
        code: String,
    },
    /// Make the cart an order.
    CheckOut {
        /// The cart.
        cart_id: CartId,
        /// The customer, where it has an account.
        customer_id: Option<CustomerId>,
        /// Where mail about the order goes.
        email: String,
        /// The total that the customer has seen.
        total: Money,
        /// `wallet`, or a gateway's token for a payment method.
        payment_method: String,
    },
    /// Order a product without a cart: one is opened and checked out at once.
    BuyNow {
        /// The id of that cart, made by the caller.
        cart_id: CartId,
        /// The product.
        product_id: ProductId,
        /// Units of it.
        quantity: u32,
        /// The customer, where it has an account.
        customer_id: Option<CustomerId>,
        /// Where mail about the order goes.
        email: String,
        /// The total that the customer has seen.
        total: Money,
        /// Where the order is sent.
        shipping_address: Address,
        /// How it is sent: a shipping option's code.
        shipping_method: String,
        /// `wallet`, or a gateway's token for a payment method.
        payment_method: String,
    },
    /// Take over an order that was placed elsewhere: a cart of its lines is opened and checked out at once. Its time is the clock's.
    Import {
        /// The id of that cart, made by the caller.
        cart_id: CartId,
        /// The customer, where it has an account.
        customer_id: Option<CustomerId>,
        /// What was ordered.
        lines: Vec<ImportLine>,
        /// Where mail about the order goes.
        email: String,
        /// Where the order is sent.
        shipping_address: Address,
        /// `wallet`, or a gateway's token for a payment method.
        payment_method: String,
    },
    /// Inventory has refused what was to be ordered without a cart. Recorded under the request's key, so that a repeat is refused
    /// alike; where the key has an order already, that is the answer.
    RefuseOrder {
        /// The id that the cart would have had.
        cart_id: CartId,
        /// What inventory said.
        refusal: Refusal,
    },
    /// A product is in the catalogue.
    ProductCreated(ProductCopy),
    /// A product is not what it was.
    ProductChanged {
        /// The product.
        product_id: ProductId,
        /// What changed.
        change: ProductChange,
        /// The event's sequence among those of the product.
        sequence: i64,
    },
    /// Tell the next carts that hold a product to take over what it is now.
    RefreshCarts {
        /// The product.
        product_id: ProductId,
        /// The last row of the index that was told already.
        after: Uuid,
    },
    /// Take over what a product is now.
    RefreshCart {
        /// The cart.
        cart_id: CartId,
        /// The product.
        product_id: ProductId,
    },
    /// A guest has logged in with a cart.
    Claim {
        /// The cart.
        cart_id: CartId,
        /// Who.
        customer_id: CustomerId,
    },
    /// A customer has no account any more: nothing of it is kept in carts.
    ForgetCustomer {
        /// Who.
        customer_id: CustomerId,
        /// The last cart that was emptied already.
        after: Option<CartId>,
    },
    /// Ordering has the order that the cart became.
    OrderSubmitted {
        /// The cart.
        cart_id: CartId,
        /// The order.
        order_id: OrderId,
    },
}

impl Message {
    /// The cart that a command is about; none for messages about products and customers.
    pub fn cart_id(&self) -> Option<CartId> {
        match self {
            Self::From { command, .. } => command.cart_id(),
            Self::Create { cart_id, .. }
            | Self::AddItem { cart_id, .. }
            | Self::SetItem { cart_id, .. }
            | Self::RevertItem { cart_id, .. }
            | Self::RemoveItem { cart_id, .. }
            | Self::Touch { cart_id }
            | Self::SetShippingAddress { cart_id, .. }
            | Self::SetShippingMethod { cart_id, .. }
            | Self::CheckOut { cart_id, .. }
            | Self::BuyNow { cart_id, .. }
            | Self::Import { cart_id, .. }
            | Self::RefuseOrder { cart_id, .. }
            | Self::RefreshCart { cart_id, .. }
            | Self::Claim { cart_id, .. }
            | Self::OrderSubmitted { cart_id, .. } => Some(*cart_id),
            Self::ProductCreated(_)
            | Self::ProductChanged { .. }
            | Self::RefreshCarts { .. }
            | Self::ForgetCustomer { .. } => None,
        }
    }
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// Nothing is said to an event or a timer.
    Done,
    /// The cart as it is now.
    Cart(Box<Cart>),
    /// The cart as it is now, and the change of its line; `None` when nothing changed.
    Item(Box<Cart>, Option<ItemChange>),
    /// The cart has become an order.
    CheckedOut {
        /// The cart.
        cart_id: CartId,
        /// The order.
        order_id: OrderId,
        /// What will be charged.
        total: Money,
    },
}
