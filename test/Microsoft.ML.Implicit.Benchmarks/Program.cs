using System.CommandLine;
using Microsoft.ML.Implicit.Benchmarks.Compare;

var root = new RootCommand("Benchmarks of Microsoft.ML.Implicit.") { CompareCommand.Create() };
return root.Parse(args).Invoke();
