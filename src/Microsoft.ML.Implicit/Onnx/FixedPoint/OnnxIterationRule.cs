using Microsoft.ML.Implicit.Solvers.FixedPoint;

namespace Microsoft.ML.Implicit.Onnx.FixedPoint;

/// <summary>How a solve within an ONNX loop gets from an iterate to the next, for each row by itself. States are [rows, width].</summary>
/// <param name="settings">When a row has converged.</param>
internal abstract class OnnxIterationRule(FixedPointSettings settings)
{
    public FixedPointSettings Settings { get; } = settings;

    /// <summary>The form of a solver of this library.</summary>
    public static OnnxIterationRule Of(IFixedPointSolver solver) => solver switch
    {
        AndersonSolver anderson => new OnnxAndersonRule(anderson.Settings),
        BroydenSolver broyden => new OnnxBroydenRule(broyden.Settings),
        PicardSolver picard => new OnnxPicardRule(picard.Settings),
        _ => throw new NotSupportedException($"{solver.GetType().Name} has no ONNX form."),
    };

    /// <summary>What is kept from one iteration to the next, before the first.</summary>
    /// <param name="start">The first iterate.</param>
    /// <param name="width">Its width.</param>
    public abstract OnnxValue[] CreateMemory(OnnxValue start, int width);

    /// <summary>Takes in an iterate and its image.</summary>
    /// <param name="iteration">Number of the iteration, from 0.</param>
    /// <param name="z">The iterate.</param>
    /// <param name="f">Its image.</param>
    /// <param name="memory">What was kept.</param>
    /// <returns>‖f − z‖₂ in float64 [rows, 1], the next iterate, and what is to be kept.</returns>
    public abstract (OnnxValue Residual, OnnxValue Next, OnnxValue[] Memory) Advance(OnnxValue iteration, OnnxValue z, OnnxValue f, OnnxValue[] memory);

    /// <summary>The Euclidean norm of each row, in float64.</summary>
    public static OnnxValue Norm(OnnxValue rows) => (rows * rows).Sum(1).To(OnnxType.Double).Sqrt();
}
