//! Planted bugs: mistakes of the kind that programs like this one are made with. The simulation must find each.

macro_rules! planted {
    ($($(#[$doc:meta])* $bug:ident = $name:literal, $says:literal, [$($invariant:literal),+];)*) => {
        /// A mistake that is made on purpose.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Planted {
            $($(#[$doc])* $bug,)*
        }

        impl Planted {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$bug),*];

            /// Its name on the command line.
            pub fn name(self) -> &'static str {
                match self { $(Self::$bug => $name,)* }
            }

            /// What is done wrong.
            pub fn says(self) -> &'static str {
                match self { $(Self::$bug => $says,)* }
            }

            /// The invariants that break by it.
            pub fn breaks(self) -> &'static [&'static str] {
                match self { $(Self::$bug => &[$($invariant),+],)* }
            }
        }
    };
}

planted! {
    /// In the session: a commit that a crash prevents is told as done.
    AcknowledgeBeforeCommit = "acknowledge-before-commit",
        "a command is answered before its commit, which a crash then prevents", ["acknowledged_is_kept"];
    /// In the session: watermarks are not written.
    NoInbox = "no-inbox",
        "what was handled is forgotten by a crash", ["handled_once"];
    /// In the session: watermarks are written although the crash undoes the rest.
    CursorBeforeCommit = "cursor-before-commit",
        "a consumer's position is kept before the change that its event led to",
        ["orders_end", "acknowledged_is_kept", "carts_have_the_prices"];
    /// In the session: the look-up after a commit of unknown outcome finds nothing.
    UnknownCommitIsDoneAgain = "unknown-commit-is-done-again",
        "a commit whose answer was lost counts as failed and is done again", ["handled_once", "one_effect_per_key"];
    /// In the session: recorded replies are not written.
    RepliesAreNotRecorded = "replies-are-not-recorded",
        "a command under a known key is carried out again", ["one_effect_per_key"];
    /// In the session: the look for calls whose process is gone finds none.
    CallsAreNotTakenOver = "calls-are-not-taken-over",
        "a process does not ask what became of the calls of the one before", ["comes_to_rest", "orders_end"];
    /// In the session: the look for the earliest timer finds none.
    TimersAreForgotten = "timers-are-forgotten",
        "timers that are set are not looked for in the store", ["comes_to_rest", "orders_end"];
    /// In the outside: keys change with each start of the process.
    FreshKeyAfterCrash = "fresh-key-after-crash",
        "a call is repeated under a new idempotency key after a crash", ["one_capture_per_order", "one_parcel_per_order"];
    /// In payment's rules.
    CompensationSkipped = "compensation-skipped",
        "a payment that completes for a cancelled order is not refunded", ["money_adds_up"];
    /// In inventory's rules.
    HoldIsAnIncrement = "hold-is-an-increment",
        "a hold adds to what is held, and does not set it", ["holds_are_the_carts"];
    /// In inventory's rules.
    LateReleaseCounts = "late-release-counts",
        "a release of an older revision of the cart is not ignored", ["holds_are_the_carts"];
    /// In inventory's rules.
    OversellIsAllowed = "validation-trusts-the-cart",
        "an order's stock is confirmed though it is promised to others", ["stock_adds_up", "nothing_is_parked_without_reason"];
    /// In cart's rules.
    CartsAreNotRepriced = "carts-are-not-repriced",
        "a new price reaches the copy and not the open carts", ["carts_have_the_prices"];
    /// In fulfilment's rules.
    StoppedTooLate = "stopped-too-late",
        "a parcel that the carrier was asked to take is stopped in the books only", ["cancelled_never_ships"];
    /// In ordering's rules.
    LatePaymentRevives = "late-payment-revives",
        "a payment that comes after the cancellation makes the order paid again", ["orders_go_legal_ways"];
}
