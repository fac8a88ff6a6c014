using Microsoft.ML.Implicit.Layers.Equilibrium;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Equilibrium;

/// <summary>A small cell in float64 with an input for it.</summary>
internal sealed record CellCase(string Name, FeatureCell Cell, Tensor X)
{
    public static CellCase Dense(double dropout = 0)
    {
        var generator = new Generator(5);
        var cell = new DenseResidualCell(3, 6, generator, dropout, dtype: ScalarType.Float64);
        return Loud(new CellCase("dense", cell, randn(4, 3, ScalarType.Float64, generator: generator)));
    }

    public static CellCase Convolutional(double dropout = 0)
    {
        var generator = new Generator(6);
        var cell = new MultiscaleConvolutionalCell(2, 5, 6, [3, 4], generator, dropout, dtype: ScalarType.Float64);
        return Loud(new CellCase("convolutional", cell, randn(3, 60, ScalarType.Float64, generator: generator)));
    }

    // Weights of twice their initial size, so that the limits on their norms are at work.
    private static CellCase Loud(CellCase test)
    {
        using IDisposable noGraph = no_grad();
        foreach (TorchSharp.Modules.Parameter parameter in test.Cell.parameters().Where(parameter => parameter.dim() > 1))
        {
            parameter.mul_(2);
        }

        return test;
    }
}
