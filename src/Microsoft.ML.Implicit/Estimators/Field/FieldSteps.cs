using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Fields and those that follow them, float64 on the CPU in the model's units.</summary>
/// <param name="Before">Fields one row earlier, [steps, 1, points...]; the fields themselves where there are none.</param>
/// <param name="EarlierPaces">Time from those to the fields, [steps]; 0 where there are none.</param>
/// <param name="Start">Fields, [steps, 1, points...].</param>
/// <param name="Target">Those that follow, of the same shape.</param>
/// <param name="Paces">Time from one to the other, [steps].</param>
/// <param name="Weights">What each target counts, [steps].</param>
internal sealed record FieldSteps(Tensor Before, Tensor EarlierPaces, Tensor Start, Tensor Target, Tensor Paces, Tensor Weights)
{
    // In standard deviations of the data.
    private const double Rounding = 1e-6;

    public long Count => Start.shape[0];

    /// <summary>Roots of the weights, [steps, 1, 1...].</summary>
    public Tensor Roots => Wide(Weights.sqrt());

    /// <summary>Root of the weighted mean square of what the fields change by; 1 where they do not.</summary>
    public double Change => Size(Target - Start) is > 0 and var change ? change : 1;

    /// <summary>Whether, but for rounding, every field is the same at all points and does not change.</summary>
    public bool IsConstant => Size(Target - Start) <= Rounding && Size(Start - Wide(Start.flatten(1).mean([1]))) <= Rounding;

    /// <summary>Root of the weighted mean square of a field a step.</summary>
    public double Size(Tensor fields) => (fields * Roots).norm().item<double>() / Math.Sqrt(Weights.sum().item<double>() * (Start.numel() / Count));

    /// <summary>A number a step, [steps], with the dimensions of a field.</summary>
    public Tensor Wide(Tensor numbers) => numbers.view([-1, .. Enumerable.Repeat(1L, (int)Start.dim() - 1)]);

    /// <summary>One of so many steps.</summary>
    public FieldSteps Every(long stride) => Map(tensor => tensor.slice(0, 0, Count, stride));

    private FieldSteps Map(Func<Tensor, Tensor> map) => new(map(Before), map(EarlierPaces), map(Start), map(Target), map(Paces), map(Weights));
}
