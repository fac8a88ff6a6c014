using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests;

/// <summary>Reads a file of reference values: float64 tensors as nested lists.</summary>
internal sealed class Golden
{
    private readonly JsonElement _root;

    private Golden(JsonElement root) => _root = root;

    public static Golden Load(string name)
    {
        using FileStream file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Goldens", name + ".json"));
        return new Golden(JsonDocument.Parse(file).RootElement);
    }

    public Tensor this[string name]
    {
        get
        {
            var values = new List<double>();
            var shape = new List<long>();
            for (JsonElement e = _root.GetProperty(name); e.ValueKind == JsonValueKind.Array; e = e[0])
            {
                shape.Add(e.GetArrayLength());
            }

            Flatten(_root.GetProperty(name), values);
            return tensor(values.ToArray(), [.. shape], ScalarType.Float64);
        }
    }

    /// <summary>Asserts that the largest difference is within a tolerance of the largest expected magnitude.</summary>
    public void AssertMatches(string name, Tensor actual, double relativeTolerance)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor expected = this[name];
        CollectionAssert.AreEqual(expected.shape, actual.shape, $"shape of {name}");
        double error = (actual.detach().cpu().to(ScalarType.Float64) - expected).abs().max().item<double>();
        double scale = Math.Max(expected.abs().max().item<double>(), 1e-12);
        Assert.IsLessThanOrEqualTo(relativeTolerance, error / scale, $"{name}: relative error {error / scale:E2}");
    }

    private static void Flatten(JsonElement element, List<double> values)
    {
        if (element.ValueKind != JsonValueKind.Array)
        {
            values.Add(element.GetDouble());
            return;
        }

        foreach (JsonElement item in element.EnumerateArray())
        {
            Flatten(item, values);
        }
    }
}
