// An engine for the plugin's tests: `mirrorme serve` as a host starts it, with the test card and without torch.
//   card_engine serve --listen unix:PATH --until-input-ends [anything else is ignored]
// $MIRRORME_CARD_COST_MS: pretended compute time of a chunk. $MIRRORME_CARD_LOG: where standard error goes, rather than into the host's log.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/platform/process.h"
#include "engine/test_card/test_card_engine.h"
#include "service/engine_server.h"

int main(int count, char** arguments) {
    if (const char* log = std::getenv("MIRRORME_CARD_LOG"); log && !std::freopen(log, "a", stderr)) return 1;
    mirrorme::ServeOptions options;
    for (int i = 1; i + 1 < count; ++i)
        if (std::string_view(arguments[i]) == "--listen") options.listen = arguments[i + 1];
    options.token = mirrorme::platform::take_environment("MIRRORME_TOKEN");
    mirrorme::TestCardOptions card;
    if (const char* cost = std::getenv("MIRRORME_CARD_COST_MS")) card.chunk_cost_ms = std::atoi(cost);
    mirrorme::TestCardEngine engine(card);
    const mirrorme::EngineServer server(engine, options);
    std::printf("listening on %s\n", options.listen.c_str());
    std::fflush(stdout);
    char ignored[64];
    while (::read(STDIN_FILENO, ignored, sizeof ignored) > 0) {
    }
    return 0;
}
