using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Satisfiability;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Satisfiability;

/// <summary>
/// Learns the parity of many bits from its value alone (Wang, Donti, Wilder and Kolter, 2019, section 4.1): one layer of three bits is applied to the rounded result so far and the next bit, again and
/// again, and only what comes out at the end is compared.
/// </summary>
internal static class ParityQuality
{
    private const int Clauses = 4;
    private const int Auxiliaries = 4;
    private const int Training = 9000;
    private const int Test = 1000;
    private const int BatchSize = 100;
    private const int Epochs = 20;
    private const double LearningRate = 0.1;

    public static void Run(int seeds)
    {
        Console.WriteLine("bits\tseed\tfirst epoch without an error\ttest error after the last\tseconds");
        foreach (int bits in new[] { 20, 40 })
        {
            for (int seed = 1; seed <= seeds; seed++)
            {
                Run(bits, seed);
            }
        }
    }

    private static void Run(int bits, int seed)
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed, CPU);
        var layer = new MaximumSatisfiability(3, Clauses, Auxiliaries, generator);
        Tensor rows = rand([Training + Test, bits], generator: generator).round(), labels = rows.sum(1).remainder(2);
        using var optimizer = optim.SGD(layer.parameters(), LearningRate);
        long start = Stopwatch.GetTimestamp();
        int firstRight = 0;
        double error = 1;
        for (int epoch = 1; epoch <= Epochs; epoch++)
        {
            using DisposeScope epochScope = NewDisposeScope();
            foreach (Tensor examples in randperm(Training, generator: generator).split(BatchSize))
            {
                using DisposeScope stepScope = NewDisposeScope();
                optimizer.zero_grad();
                Tensor loss = nn.functional.binary_cross_entropy(Parity(layer, rows[examples]), labels[examples]);
                ImplicitBackward.Run(() => loss.backward());
                optimizer.step();
            }

            using IDisposable noGradient = no_grad();
            error = Parity(layer, rows[Training..]).round().ne(labels[Training..]).to(ScalarType.Float64).mean().item<double>();
            firstRight = error > 0 ? 0 : firstRight == 0 ? epoch : firstRight;
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{bits}\t{seed}\t{(firstRight == 0 ? "none" : firstRight)}\t{error:P1}\t{Stopwatch.GetElapsedTime(start).TotalSeconds:F0}"));
    }

    // A rounded bit has no slope: the last step alone is trained, on what those before it say.
    private static Tensor Parity(MaximumSatisfiability layer, Tensor rows)
    {
        Tensor isKnown = tensor(new[] { true, true, false }).expand(rows.shape[0], 3).contiguous(), parity = rows[.., 0];
        for (int bit = 1; bit < rows.shape[1]; bit++)
        {
            parity = layer.forward(stack([parity.detach().round(), rows[.., bit], zeros_like(parity)], 1), isKnown)[.., 2];
        }

        return parity;
    }
}
