# make demo   restore the bundled sample into ./out     make test   all tests
# make run    open the workstation                      make lint   ruff, mypy, import contracts, deptry
# make bench  measure speed on this machine               make sample paint the bundled sample again
# make tables CASES=… PROMPTS=… STYLES=… [WEIGHTS=…] [ARGS=--force]  the paper's tables (docs/evaluating.md)
# make install  what demo and run need; torch with an NVIDIA card     make develop  all extras, tests and linters
# make installer  installers in dist/installer            make sbom     list of the packages it installs (CycloneDX)
# make dist     wheel and source archive in dist/          make licenses collect the licences of third parties

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check
INSTALL := PYTHONWARNINGS=ignore $(PIP) install --quiet -c constraints.txt
ARGS   ?=
SHOOT  := QT_QPA_PLATFORM=offscreen $(BIN)/python -m scripts.make_screenshots
DOCS   := --docs docs/images
MANUAL := --manual docs/manual/images
# Without an NVIDIA card the network runs on ONNX Runtime, which takes a tenth of the space.
TORCH  := $(if $(shell command -v nvidia-smi 2>/dev/null),[torch])
SIZES  := 1280x720 1440x900 1920x1080

.PHONY: demo run test lint tables tables-given bench sample pictures screenshots texts dist installer sbom licenses install develop clean

demo: install
	@$(BIN)/imagest demo $(ARGS)

run: install
	@$(BIN)/python scripts/check_system.py --screen
	@$(BIN)/imagest $(ARGS)

test: develop
	@$(BIN)/python scripts/check_system.py
	OMP_NUM_THREADS=1 QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

lint: develop
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry app imagest_core resources
	$(BIN)/deptry . tests/*/ --ignore DEP002,DEP004

# The recipes read the paths from the environment, so that they may contain spaces.
tables: export CASES := $(CASES)
tables: export PROMPTS := $(PROMPTS)
tables: export STYLES := $(STYLES)
tables: export WEIGHTS := $(WEIGHTS)
tables: tables-given $(VENV)/.measuring
	$(BIN)/imagest evaluate-synthesis "$$PROMPTS" --styles "$$STYLES" -o out/table-1 $${WEIGHTS:+--metric-weights "$$WEIGHTS"} $(ARGS)
	$(BIN)/imagest evaluate "$$CASES" -o out/table-2 $${WEIGHTS:+--metric-weights "$$WEIGHTS"} $(ARGS)

# What the second command would refuse is found before the first one, which takes hours.
tables-given:
	@[ -n "$$CASES" ] && [ -n "$$PROMPTS" ] && [ -n "$$STYLES" ] || \
	  { echo "make tables needs a folder of cases, a file of prompts and a folder of style pictures: make tables CASES=cases PROMPTS=prompts.txt STYLES=styles" >&2; exit 1; }
	@for each in "$$CASES" "$$PROMPTS" "$$STYLES" "$${WEIGHTS:-.}"; do \
	  [ -e "$$each" ] || { echo "There is no $$each: check CASES, PROMPTS, STYLES and WEIGHTS" >&2; exit 1; }; done
	@case " $(ARGS) " in *" --force "*) ;; *) for each in out/table-1 out/table-2; do \
	  [ ! -e "$$each" ] || { echo "$$each exists: move it away, or replace its results with make tables … ARGS=--force" >&2; exit 1; }; done;; esac

bench: install
	@$(BIN)/imagest bench $(ARGS)

sample: install
	$(BIN)/python -m scripts.make_sample

pictures: install
	$(BIN)/python -m scripts.make_pictures

screenshots: install
	$(SHOOT) out/screenshots $(DOCS) $(MANUAL) $(ARGS)
	$(SHOOT) out/screenshots $(DOCS) --look dark $(ARGS)
	$(SHOOT) out/screenshots $(DOCS) $(MANUAL) --language zh_CN $(ARGS)
	for size in $(SIZES); do $(SHOOT) out/screenshots/$$size --size $$size --engine harmonic || exit 1; done
	$(SHOOT) out/screenshots/1280x720@2 --size 1280x720 --factor 2 --engine harmonic

texts: develop
	$(BIN)/python -m scripts.collect_core_texts
	$(BIN)/pyside6-lupdate $$(find app -name '*.py' | sort) -ts resources/i18n/imagest_zh_CN.ts -no-obsolete -locations none
	$(BIN)/pyside6-lrelease resources/i18n/imagest_zh_CN.ts resources/i18n/imagest_en.ts

dist: $(VENV)/.releasing
	$(BIN)/python -m build --no-isolation --outdir dist

installer: $(VENV)/.releasing
	$(BIN)/python -m installer.builder $(ARGS)

sbom: $(VENV)/.releasing
	$(BIN)/python -m installer.builder --only sbom $(ARGS)

licenses: develop
	$(BIN)/python -m scripts.collect_licenses

install: $(VENV)/.installed
develop: $(VENV)/.developing

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null || \
	  { echo "Python 3.11, 3.12 or 3.13 is needed; install one (sudo apt-get install python3) and say: make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "Python's venv module is missing; install it: sudo apt-get install python3-venv" >&2; exit 1; }
	@echo "making $(VENV) (once; this takes some minutes)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	@$(INSTALL) --upgrade setuptools
	@$(INSTALL) --no-build-isolation -e '.$(TORCH)'
	@touch $@

$(VENV)/.measuring: $(VENV)/.installed
	@$(INSTALL) --no-build-isolation -e '.[evaluate,diffusion]'
	@touch $@

$(VENV)/.developing: $(VENV)/.installed
	@$(INSTALL) --no-build-isolation -e '.[all,test,lint,release]'
	@touch $@

# Without torch, which building does not need.
$(VENV)/.releasing: pyproject.toml constraints.txt | $(BIN)/python
	@$(INSTALL) --upgrade setuptools
	@$(INSTALL) --no-build-isolation -e '.[release]'
	@touch $@

clean:
	rm -rf build dist out *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
