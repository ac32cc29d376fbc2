// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore

/// The checks of one port, each run on a fresh subject.
struct Checks<Subject> {
    typealias Body = @Sendable (Subject, Checker) async throws -> Void

    let suite: String
    let list: [(name: String, body: Body)]

    init(_ suite: String, _ list: [(String, Body)]) {
        self.suite = suite
        self.list = list.map { (name: $0.0, body: $0.1) }
    }

    var names: [String] { list.map(\.name) }

    /// - Throws: ``ConformanceFailure`` of the first check that fails.
    func run(on make: @Sendable () async throws -> Subject) async throws {
        for (name, body) in list {
            let checker = Checker(suite: suite, check: name)
            do {
                try await body(try await make(), checker)
            } catch let failure as ConformanceFailure {
                throw failure
            } catch {
                throw checker.failure("threw \(error)")
            }
        }
    }
}

/// States what must hold within a check.
struct Checker: Sendable {
    let suite: String
    let check: String

    func failure(_ message: String) -> ConformanceFailure {
        ConformanceFailure(suite: suite, check: check, message: message)
    }

    func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
        guard condition else { throw failure(message()) }
    }

    func equal<Value: Equatable>(_ found: Value, _ expected: Value, _ what: String) throws {
        guard found == expected else { throw failure("\(what): got \(found), expected \(expected)") }
    }

    func some<Value>(_ value: Value?, _ what: String) throws -> Value {
        guard let value else { throw failure("\(what) is missing") }
        return value
    }

    func none<Value>(_ value: Value?, _ what: String) throws {
        if let value { throw failure("\(what): got \(value), expected nothing") }
    }

    /// The call must throw a `ServerError`, of one of these codes if any are named.
    func refuses<Value>(
        _ what: String, with codes: ServerError.Code..., call: () async throws -> Value
    ) async throws {
        do {
            _ = try await call()
        } catch let error as ServerError where codes.isEmpty || codes.contains(error.code) {
            return
        } catch {
            throw failure("\(what): threw \(error)")
        }
        throw failure("\(what): was accepted")
    }

    /// The call, made by a cancelled task, must throw `CancellationError`.
    func refusesWhenCancelled(_ what: String, call: @escaping @Sendable () async throws -> Void) async throws {
        let outcome = await withTaskGroup(of: Result<Void, any Error>.self) { group in
            group.cancelAll()
            group.addTask {
                do {
                    return .success(try await call())
                } catch {
                    return .failure(error)
                }
            }
            return await group.next()
        }
        switch outcome {
        case .failure(is CancellationError): return
        case .failure(let error): throw failure("\(what) in a cancelled task: threw \(error)")
        default: throw failure("\(what) in a cancelled task: was done")
        }
    }
}
