// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// One version of an app that can be run.
struct CatalogEntry: Sendable {
    let app: AppDTO
    let plan: LaunchPlan
    /// JSON Schema of what it is set up with; nil if it takes nothing.
    let setupSchema: JSONValue?
    /// The environment that the plan needs; nil for none.
    var recipe: PythonRecipe?
}
