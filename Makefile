# Thin: every target is one command.  BUILD is Meson's folder.
BUILD = build

.PHONY: build deps demo quick check check-all check-s3 check-clients bench coverage docs format lint clean

build: deps $(BUILD)/build.ninja
	ninja -C $(BUILD)

# Installs what is missing; says so, and does nothing where all is there.
deps:
	@scripts/deps

$(BUILD)/build.ninja:
	meson setup $(BUILD)

demo: build
	scripts/demo

# Between two changes: some 20 seconds.
quick: build
	scripts/check --quick

check: build
	scripts/check

check-all: build
	scripts/check --all

# Object storage with a real service: an S3 server on loopback.
check-s3: build
	scripts/deps --s3
	/usr/bin/python3 -m pytest -q -p no:cacheprovider tests/s3

# The vendor's SDKs, as they are, and curl against the real binary.
check-clients: build
	scripts/deps --clients
	/usr/bin/python3 -m pytest -q -p no:cacheprovider tests/clients

# Figures, printed and never asserted.
bench: build
	scripts/deps --bench
	bench/growth $(BUILD)/dlfd
	bench/exports $(BUILD)/dlfd
	bench/workspace $(BUILD)/dlfd

coverage: build
	scripts/coverage

# The pages that are made of the tables in src/.
docs: build
	for page in options errors coverage; do \
	    $(BUILD)/tests/gen_docs $$page > docs/$$page.md || exit; done

format:
	clang-format -i src/*/*.[ch] tests/*/*.[ch] tests/unit/*/*.[ch]

lint:
	clang-format --dry-run --Werror src/*/*.[ch] tests/*/*.[ch] tests/unit/*/*.[ch]
	scripts/includes

clean:
	rm -rf build build-*
