using Microsoft.ML.Implicit.Layers.Equilibrium;
using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A cell with its injection within an ONNX file.</summary>
internal abstract class OnnxCell
{
    /// <summary>Width of the state.</summary>
    public abstract int StateWidth { get; }

    /// <summary>Injects encoded rows [rows, inputWidth] into a cell.</summary>
    public static OnnxCell Of(FeatureCell cell, OnnxValue input) => cell switch
    {
        DenseResidualCell dense => new OnnxDenseCell(dense, input),
        MultiscaleConvolutionalCell convolutional => new OnnxConvolutionalCell(convolutional, input),
        _ => throw new NotSupportedException($"The cell {cell.GetType().Name} has no ONNX form."),
    };

    /// <summary>Evaluates f at a state [rows, <see cref="StateWidth"/>].</summary>
    public abstract OnnxValue Iterate(OnnxValue z);

    /// <summary>Reads features out of an equilibrium.</summary>
    public abstract OnnxValue Readout(OnnxValue z);
}
