using System.CommandLine;
using Microsoft.ML.Implicit.Benchmarks.Compare;
using Microsoft.ML.Implicit.Benchmarks.Micro;
using Microsoft.ML.Implicit.Benchmarks.Onnx;
using Microsoft.ML.Implicit.Benchmarks.Quality;

var root = new RootCommand("Benchmarks of Microsoft.ML.Implicit.") { CompareCommand.Create(), MicroCommand.Create(), OnnxCommand.Create(), QualityCommand.Create() };
return root.Parse(args).Invoke();
