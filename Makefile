# bpflab: `make serve` and `make test` do everything; `make help` lists the rest.

ARCH     := x86_64-unknown-linux-gnu
WORKER   := target-worker/$(ARCH)/release/bpflab-worker
# The static flag is for the worker's target alone: without --target it breaks proc-macros.
STATIC   := RUSTFLAGS="-C target-feature=+crt-static" cargo
WORKER_ARGS := -p bpflab-worker --release --target $(ARCH) --target-dir target-worker
# Rounds of `make seeds`, and where.
SEEDS    ?= 10
SEEDS_ON ?= 6.1
LISTEN   ?= 127.0.0.1:8080
BPFLAB   := target/release/bpflab
TESTS    := $(basename $(notdir $(wildcard tests/*.rs)))
# On this machine's own kernel, which takes one run at a time: one after another.
OWN      := architecture check cli compile headers host images odd streams websocket
# What guests are and bear, the longest first. One test of a file at a time keeps one
# processor busy, so two files go at once.
GUESTS   := damage guests images_from_packages kernels terminal both
# A second is measured, or all the guests at once: nothing beside them.
ALONE    := abuse edits lifetime records stress
# Hundreds of programs: last, for they fail last.
LONG     := cheats programs mistakes home extras
SHORT    := $(filter-out $(OWN) $(GUESTS) $(ALONE) $(LONG) lessons,$(TESTS))

say = @printf '\033[1m== %s\033[0m\n' "$(1)"

.PHONY: stress strangers every help setup setup-test page worker build images serve host test test-short test-guests \
        built-server built-worker test-alone test-lessons test-browser test-long bench check seeds fmt lint clean

help:
	@echo "make serve   install what is missing, build, and serve on http://$(LISTEN)"
	@echo "make test    everything that has a test, the cheap ones first"
	@echo "make host    (another terminal, as a person) let a server that is not root use this kernel"
	@echo "make build   the page, the worker and the server"
	@echo "make images  build the guests' images that are missing (a minute, once)"
	@echo "make check   prove the lessons on every guest's kernel"
	@echo "make seeds   prove them ten times over on one kernel, each time with other values"
	@echo "make every   each program of tests/programs in the page, on one kernel"
	@echo "make bench   measure against doing it by hand"
	@echo "make strangers  what becomes of the programs of the kernel's own source"
	@echo "make stress  100 boots and 200 restores of each guest, eight at a time"
	@echo "make fmt     format Rust and C"
	@echo "make lint    what CI says about format and style"
	@echo "make clean   remove what was built"

setup:
	$(call say,system packages)
	@./setup.sh run

setup-test:
	$(call say,system packages for tests)
	@./setup.sh test

page:
	$(call say,the page)
	@cd static && { cmp -s package-lock.json node_modules/.bpflab-lock || \
		{ npm ci --no-audit --no-fund && cp package-lock.json node_modules/.bpflab-lock; }; }
	@cd static && npm run --silent check && npm run --silent weigh

worker:
	$(call say,the worker)
	@$(STATIC) build $(WORKER_ARGS)

build: page worker
	$(call say,the server)
	@cargo build --release

serve: setup build images
	$(call say,serving)
	@$(BPFLAB) serve --listen $(LISTEN)

images: setup build
	$(call say,the guests' images)
	@$(BPFLAB) images || echo "the kernels whose images are missing stay off; the others can be used"

host: worker
	@echo "This runs the worker as root, for you alone, until the server ends."
	@sudo $(WORKER) host /run/bpflab-host-$$(id -u).sock $$(id -u)

# What guests have to prove is proved within half an hour, also where nothing was built before.
test: setup setup-test page
	$(call say,the server$(comma) the worker and their tests)
	@$(MAKE) --no-print-directory --jobs=2 built-server built-worker
	$(call say,1 of 7: unit tests of the protocol and the server)
	@cargo test --lib --bins --quiet -p bpflab
	$(call say,2 of 7: the worker)
	@$(STATIC) test $(WORKER_ARGS) --quiet
	$(call say,the guests' images)
	@target/debug/bpflab images --extra all
	@$(MAKE) --no-print-directory --keep-going \
		test-short test-guests test-alone test-lessons test-browser test-long

# Side by side: at its end each build has one processor busy for long.
built-server:
	@cargo test --no-run

built-worker:
	@$(STATIC) test $(WORKER_ARGS) --no-run
	@$(STATIC) build $(WORKER_ARGS)

# Each of these says what fails in it, whatever failed before.
test-short:
	$(call say,3 of 7: real sockets$(comma) real worker$(comma) real kernels)
	@$(MAKE) --no-print-directory --keep-going --jobs=2 --output-sync short-own short-rest

short-own:
	@cargo test --no-fail-fast $(addprefix --test=,$(OWN))

short-rest:
	@cargo test --no-fail-fast $(addprefix --test=,$(SHORT))

test-guests:
	$(call say,4 of 7: guests)
	@$(MAKE) --no-print-directory --keep-going --jobs=2 --output-sync $(addprefix one-,$(GUESTS))

one-%:
	@cargo test --test $* -- --test-threads=1

test-alone:
	@cargo test --no-fail-fast $(addprefix --test=,$(ALONE)) -- --test-threads=1

test-lessons:
	$(call say,5 of 7: the lessons on every kernel)
	@cargo test --test lessons -- --nocapture

test-browser:
	$(call say,6 of 7: the page in a browser)
	@cd tests/browser && { cmp -s package-lock.json node_modules/.bpflab-lock || \
		{ npm ci --no-audit --no-fund && cp package-lock.json node_modules/.bpflab-lock; }; }
	@cd tests/browser && export BPFLAB_BIN=$(CURDIR)/target/debug/bpflab && \
		{ npx playwright test --project alone; alone=$$?; npx playwright test --project beside && exit $$alone; }

test-long:
	$(call say,7 of 7: every kind of program$(comma) mistake and cheat)
	@$(MAKE) --no-print-directory --keep-going --jobs=2 --output-sync $(addprefix one-,$(LONG))

comma := ,

check: images
	@$(BPFLAB) check --kernel all

# Each seed is one round of all lessons; what fails says its seed.
seeds: images
	@for seed in $$(seq $(SEEDS)); do \
		echo "== seed $$seed"; $(BPFLAB) check --kernel $(SEEDS_ON) --seed $$seed || failed="$$failed $$seed"; \
	done; test -z "$$failed" || { echo "not right with the seeds:$$failed"; false; }

# What `make test` proves through the library on every kernel, once more through the page.
every: setup setup-test build images
	@cd tests/browser && BPFLAB_BIN=$(CURDIR)/$(BPFLAB) npx playwright test --project every

bench: setup setup-test build images
	@cargo bench --bench lab

# What becomes of programs that nobody here wrote; the first time it fetches 150 MB.
strangers: setup build images
	@cargo bench --bench lab -- strangers

stress: setup images
	@BPFLAB_STRESS=100,200 cargo test --test stress -- --nocapture

fmt:
	@cargo fmt --all
	@clang-format-19 -i lessons/*/*.c

lint: page
	@cargo fmt --all --check
	@clang-format-19 --dry-run --Werror lessons/*/*.c
	@cargo clippy --workspace --all-targets -- -D warnings

clean:
	@cargo clean
	@rm -rf target-worker static/node_modules tests/browser/node_modules
	@find static/dist -type f ! -name .keep -delete
