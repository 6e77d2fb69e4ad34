# What `sam build` makes of each function and of the layer, and what watches over it. Included by the root Makefile.

# The local cloud runs functions under this machine's own Python; elsewhere the deploy's Architecture says. It is shell, so
# that a wrong parameter stops the recipe.
# Not exported: `make story` is no build, yet starts one for ENV=local.
BUILD_FOR = $(if $(filter local,$(ENV)),host,$$($(PYTHON) packaging/parameters.py "$(ENV)" "$$PARAMETERS" --only Architecture))

# SAM prints it, and builds nothing itself.
FOR_SAM = $(if $(filter local,$(ENV)),,--parameter-overrides "Architecture=$$platform")

ARTIFACTS := CommonLayer ApiFunction ImageWorkerFunction WsConnectFunction WsAuthorizerFunction PushFunction \
	CountersFunction EffectsFunction JobsFunction AdvisorFunction MigrateFunction

# SAM calls these, with ARTIFACTS_DIR set.
.PHONY: $(addprefix build-,$(ARTIFACTS))
$(addprefix build-,$(ARTIFACTS)): build-%:
	@platform=$(BUILD_FOR) && $(PYTHON) packaging/build.py $* --into "$(ARTIFACTS_DIR)" --platform "$$platform" --uv "$(UV)"

.PHONY: build check-build sizes lint-template

build: setup .local/env/sam/.synced ## Build every function into .aws-sam/build and print the sizes (ENV=local for this machine)
	@platform=$(BUILD_FOR) && SAM_CLI_TELEMETRY=0 $(SAM) build --config-env "$(ENV)" $(FOR_SAM) && \
		$(PYTHON) packaging/sizes.py --platform "$$platform" --uv "$(UV)"

check-build: setup ## Build everything twice and compare every byte
	@platform=$(BUILD_FOR) && $(PYTHON) packaging/check_build.py --platform "$$platform" --uv "$(UV)"

sizes: setup ## Print the sizes of what is built, beside a plain install of the same lock
	@platform=$(BUILD_FOR) && $(PYTHON) packaging/sizes.py --platform "$$platform" --uv "$(UV)"

lint-template: setup .local/env/sam/.synced .local/env/scan/.synced
	@SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 $(SAM) validate --lint --config-env local
	@.local/env/scan/bin/cfn-lint
	@.local/env/scan/bin/checkov --config-file .checkov.yaml
