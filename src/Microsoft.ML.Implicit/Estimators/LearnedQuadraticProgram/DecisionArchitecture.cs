using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What a model file must say about a <see cref="DecisionNetwork"/> before its parameters can be read.</summary>
/// <param name="Features">Features read; 0 where nothing is predicted.</param>
/// <param name="Variables">Variables of the program.</param>
/// <param name="PredictsCost">Whether p is predicted.</param>
/// <param name="RightHandSides">Entries of h that get a predicted offset.</param>
/// <param name="HiddenWidth">Width of the hidden layer; 0 for none.</param>
/// <param name="Inequalities">Learned inequalities.</param>
/// <param name="Equalities">Learned equalities.</param>
internal sealed record DecisionArchitecture(int Features, int Variables, bool PredictsCost, int RightHandSides, int HiddenWidth, int Inequalities, int Equalities)
{
    /// <summary>Numbers predicted a row.</summary>
    public int Outputs => (PredictsCost ? Variables : 0) + RightHandSides;

    public void Write(DocumentWriter writer)
    {
        writer.Write("features", Features);
        writer.Write("variables", Variables);
        writer.Write("predicts_cost", PredictsCost);
        writer.Write("right_hand_sides", RightHandSides);
        writer.Write("hidden_width", HiddenWidth);
        writer.Write("inequalities", Inequalities);
        writer.Write("equalities", Equalities);
    }

    /// <exception cref="FormatException">A value is out of range.</exception>
    public static DecisionArchitecture Read(DocumentReader reader)
    {
        var architecture = new DecisionArchitecture(
            reader.Int32("features"),
            reader.Int32("variables"),
            reader.Boolean("predicts_cost"),
            reader.Int32("right_hand_sides"),
            reader.Int32("hidden_width"),
            reader.Int32("inequalities"),
            reader.Int32("equalities"));
        return architecture.IsPlausible(reader.TensorBytes) ? architecture : throw new FormatException("The model file describes an impossible network.");
    }

    // Behind each parameter stand eight bytes in the file, so sizes beyond the tensors' are refused before anything is allocated for them.
    private bool IsPlausible(long tensorBytes) =>
        Features >= 0 && Variables > 0 && RightHandSides >= 0 && HiddenWidth >= 0 && Inequalities >= 0 && Equalities >= 0
        && (long)Features * Outputs * 8 <= tensorBytes
        && (long)HiddenWidth * Math.Max(Features, Outputs) * 8 <= tensorBytes
        && ((long)Inequalities + Equalities) * Variables * 8 <= tensorBytes;
}
