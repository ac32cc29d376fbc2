// SPDX-License-Identifier: Apache-2.0

/// Values by key, the oldest keys forgotten beyond a number.
struct RecentKeys<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let maximumCount: Int
    private var values: [Key: Value] = [:]
    private var order: [Key] = []

    /// None, that many at most.
    init(maximumCount: Int) { self.maximumCount = maximumCount }

    subscript(key: Key) -> Value? {
        get { values[key] }
        set {
            guard let newValue else {
                if values.removeValue(forKey: key) != nil { order.removeAll { $0 == key } }
                return
            }
            if values.updateValue(newValue, forKey: key) == nil { order.append(key) }
            if order.count > maximumCount { values[order.removeFirst()] = nil }
        }
    }
}
