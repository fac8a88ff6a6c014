using System.CommandLine;
using System.Globalization;
using TorchSharp;

namespace Microsoft.ML.Implicit.Benchmarks.Onnx;

/// <summary><c>onnx</c>: sizes of ONNX files and the time that ONNX Runtime takes to score them, beside the library itself.</summary>
internal static class OnnxCommand
{
    public static System.CommandLine.Command Create()
    {
        var threads = new Option<int>("--threads") { Description = "CPU threads of either side", DefaultValueFactory = _ => 1 };
        var command = new System.CommandLine.Command("onnx", "Times models in ONNX files beside the library.") { threads };
        command.SetAction(result => Run(result.GetRequiredValue(threads)));
        return command;
    }

    private static int Run(int threads)
    {
        torch.set_num_threads(threads);
        Console.WriteLine("model\tKiB\trows\tlibrary ms\tONNX Runtime ms\tlargest difference");
        foreach (OnnxCase c in OnnxCase.All())
        {
            foreach (OnnxTiming timing in c.Run(threads))
            {
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{c.Name}\t{timing.Bytes / 1024.0:F0}\t{timing.Rows}\t{timing.Library:F3}\t{timing.Runtime:F3}\t{timing.Difference:E1}"));
            }
        }

        return 0;
    }
}
