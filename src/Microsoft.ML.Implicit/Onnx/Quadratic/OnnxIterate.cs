namespace Microsoft.ML.Implicit.Onnx.Quadratic;

/// <summary>A point of an interior-point method within an ONNX file, or a step from one.</summary>
/// <param name="Z">Variables, [rows, n, 1].</param>
/// <param name="S">Slacks h - G z, positive, [rows, m, 1].</param>
/// <param name="Lambda">Multipliers of the inequalities, positive, [rows, m, 1].</param>
/// <param name="Nu">Multipliers of the equalities, [rows, k, 1].</param>
internal sealed record OnnxIterate(OnnxValue Z, OnnxValue S, OnnxValue Lambda, OnnxValue Nu)
{
    public const int Parts = 4;

    public OnnxValue[] ToArray() => [Z, S, Lambda, Nu];

    public static OnnxIterate Of(ReadOnlySpan<OnnxValue> parts) => new(parts[0], parts[1], parts[2], parts[3]);

    /// <summary>Mean of the products of slacks and multipliers, [rows, 1, 1].</summary>
    public OnnxValue Complementarity() => (S * Lambda).Mean(1);

    /// <summary>The point a share of a step further.</summary>
    /// <param name="step">The step.</param>
    /// <param name="share">[rows, 1, 1].</param>
    public OnnxIterate Plus(OnnxIterate step, OnnxValue share) =>
        new(Z + (step.Z * share), S + (step.S * share), Lambda + (step.Lambda * share), Nu + (step.Nu * share));

    /// <summary>The one point in some rows, the other in the rest.</summary>
    /// <param name="takes">Where this one is taken, [rows, 1, 1].</param>
    /// <param name="other">The other.</param>
    public OnnxIterate Where(OnnxValue takes, OnnxIterate other) =>
        new(takes.Where(Z, other.Z), takes.Where(S, other.S), takes.Where(Lambda, other.Lambda), takes.Where(Nu, other.Nu));

    /// <summary>The largest share of a step, at most 1, that leaves slacks and multipliers positive by a margin: [rows, 1, 1].</summary>
    public OnnxValue LargestShare(OnnxIterate step, double margin)
    {
        OnnxValue values = OnnxValue.Concatenate(1, S, Lambda), steps = OnnxValue.Concatenate(1, step.S, step.Lambda);
        OnnxValue shares = (steps < 0).Where(-(values / steps) * margin, 1);
        return shares.Smallest(1).Minimum(S.Graph.Number(1, S.Type));
    }
}
