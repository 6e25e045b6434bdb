; Written by `python -m editors.generate`; a test holds it in step.

(comment) @comment
(string) @string
(number) @number
(boolean) @boolean
(hole) @constant.builtin

(routine (identifier) @function)
(argument (identifier) @variable.parameter)
(type_name (identifier) @type)
(apply (identifier) @function)
(call (identifier) @function.call)
(keyword (identifier) @property)
(setting . (identifier) @property)
(constants . (identifier) @keyword)
(hamiltonian . "hamiltonian" . (identifier) @function)
(binding . (identifier) @constant)

["==" "!=" "<" "<=" ">" ">=" "+" "-" "*" "/" "%" "**" ".." "->" "=" "~"] @operator
["(" ")" "[" "]" "{" "}"] @punctuation.bracket
["," ";" ":"] @punctuation.delimiter

["import" "const" "lattice" "visible" "hidden" "local" "data" "param" "random" "latent" "condition" "layer" "channel" "hamiltonian" "output" "again" "model" "objective" "train" "stage" "report" "baseline"] @keyword
["for" "repeat" "if" "choose" "fresh" "measure" "evolve" "let" "in" "as" "else" "by" "on" "within" "draws" "sum" "prod" "list"] @keyword.control
["inverse" "ctrl"] @keyword.modifier
["and" "or" "not"] @keyword.operator
