//! tmp
fn main() {
    let first: u64 = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(0);
    let count: u64 = std::env::args().nth(2).and_then(|a| a.parse().ok()).unwrap_or(50);
    let words = std::env::args().nth(3).is_some();
    std::panic::set_hook(Box::new(|_| {}));
    let mut bad = 0;
    for seed in first..first + count {
        let outcome = sim::run::run(seed, None, words);
        if let Some(v) = outcome.violation {
            bad += 1;
            let msg: String = v.message.chars().take(900).collect();
            println!("seed {seed}: {} {msg} {:?}", v.invariant, v.subjects);
            if words {
                for line in outcome.about {
                    println!("   {line}");
                }
                println!("{:?} {:?}", outcome.plan, outcome.faults);
            }
        }
    }
    println!("{bad} bad of {count}");
}
