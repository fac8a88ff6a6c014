using Microsoft.ML.Implicit.Modelling;
using Microsoft.ML.Implicit.Modelling.Compilation;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Where predicted parameters stand among all of a program, and the signs that they keep.</summary>
internal sealed class LearnedParameters(IReadOnlyList<ProgramPart> parts)
{
    // Of the typical size: where a predicted number with a sign bends away from zero.
    private const double Bend = 0.05;

    public int Count { get; } = parts.Sum(part => part.Size);

    /// <summary>Completes rows of parameters.</summary>
    /// <param name="given">[rows, parameters], zero where one is predicted.</param>
    /// <param name="predicted">[rows, <see cref="Count"/>], of any sign.</param>
    /// <param name="scale">Typical size of what is predicted.</param>
    public Tensor Complete(Tensor given, Tensor predicted, double scale)
    {
        List<Tensor> signed = [];
        int next = 0;
        foreach (ProgramPart part in parts)
        {
            signed.Add(WithSign(predicted.narrow(1, next, part.Size), part.Sign, Bend * scale));
            next += part.Size;
        }

        return Place(given, cat(signed, 1));
    }

    /// <summary>Puts values of these parameters among the others.</summary>
    public Tensor Place(Tensor given, Tensor values)
    {
        Tensor placement = zeros(Count, given.shape[1], ScalarType.Float64);
        int next = 0;
        foreach (ProgramPart part in parts)
        {
            placement.narrow(0, next, part.Size).narrow(1, part.Start, part.Size).copy_(eye(part.Size, dtype: ScalarType.Float64));
            next += part.Size;
        }

        return given.Plus(values.mm(placement));
    }

    /// <summary>The values of these parameters among all, [rows, <see cref="Count"/>].</summary>
    public Tensor Of(Tensor parameters) => cat([.. parts.Select(part => parameters.narrow(1, part.Start, part.Size))], 1);

    private static Tensor WithSign(Tensor x, Sign sign, double bend) => sign switch
    {
        Sign.Nonnegative => nn.functional.softplus(x, beta: 1 / bend),
        Sign.Nonpositive => nn.functional.softplus(x.neg(), beta: 1 / bend).neg(),
        _ => x,
    };
}
