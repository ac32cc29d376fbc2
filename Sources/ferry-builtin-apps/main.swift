// SPDX-License-Identifier: Apache-2.0

import FerryApp

await AppWorker.main {
    ChatCompletions()
    ImageProcessor()
    FileInspector()
}
