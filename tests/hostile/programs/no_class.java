// expect: not_run
// not a program
I am sorry, but as a language model
