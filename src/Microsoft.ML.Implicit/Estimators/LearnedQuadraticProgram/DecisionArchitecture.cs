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

    public void Write(BinaryWriter writer)
    {
        writer.Write(Features);
        writer.Write(Variables);
        writer.Write(PredictsCost);
        writer.Write(RightHandSides);
        writer.Write(HiddenWidth);
        writer.Write(Inequalities);
        writer.Write(Equalities);
    }

    /// <exception cref="FormatException">A value is out of range.</exception>
    public static DecisionArchitecture Read(BinaryReader reader)
    {
        var architecture = new DecisionArchitecture(
            reader.ReadInt32(), reader.ReadInt32(), reader.ReadBoolean(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32());
        return architecture.IsPlausible(reader.BaseStream.Length)
            ? architecture
            : throw new FormatException("The model file describes an impossible network.");
    }

    // Behind each parameter stand eight bytes in the file, so sizes beyond its length are refused before anything is allocated for them.
    private bool IsPlausible(long fileLength) =>
        Features >= 0 && Variables > 0 && RightHandSides >= 0 && HiddenWidth >= 0 && Inequalities >= 0 && Equalities >= 0
        && (long)Features * Outputs * 8 <= fileLength
        && (long)HiddenWidth * Math.Max(Features, Outputs) * 8 <= fileLength
        && ((long)Inequalities + Equalities) * Variables * 8 <= fileLength;
}
