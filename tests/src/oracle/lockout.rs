//! Lockout (FACTS.md, "Windows NT 4.0 replication"): each controller counts, the primary's count decides, and a new
//! lockout travels at once.

/// The account policy and what the primary has counted; instants and lengths in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Lockout {
    /// So many bad passwords lock the account.
    pub threshold: u32,
    /// So long after the last one the count begins anew.
    pub reset: i64,
    /// So long the account stays locked.
    pub duration: i64,
    count: u32,
    last: i64,
    locked_until: i64,
}

impl Lockout {
    /// Nothing is counted yet.
    pub fn new(threshold: u32, reset: i64, duration: i64) -> Lockout {
        Lockout { threshold, reset, duration, count: 0, last: 0, locked_until: i64::MIN }
    }

    /// Whether the account is locked at an instant.
    pub fn is_locked(&self, now: i64) -> bool {
        now < self.locked_until
    }

    /// A logon, at the primary or at a backup, which asks the primary before it refuses a wrong password: its code.
    pub fn logon(&mut self, now: i64, at_primary: bool, right: bool) -> u32 {
        if self.is_locked(now) {
            return 1909;
        }
        if right {
            // A backup that is content tells nobody.
            if at_primary {
                self.count = 0;
            }
            return 0;
        }
        if now - self.last >= self.reset {
            self.count = 0;
        }
        self.count += 1;
        self.last = now;
        if self.count >= self.threshold {
            self.locked_until = now + self.duration;
        }
        1326
    }

    /// An administrator unlocks the account at the primary, locked or not: what was counted is forgotten.
    pub fn unlock(&mut self) {
        self.count = 0;
        self.locked_until = i64::MIN;
    }
}
