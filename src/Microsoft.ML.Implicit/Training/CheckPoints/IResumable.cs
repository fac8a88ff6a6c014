namespace Microsoft.ML.Implicit.Training;

/// <summary>What training changes from step to step, and needs again to go on as if it had not been interrupted.</summary>
internal interface IResumable
{
    void WriteState(BinaryWriter writer);

    /// <exception cref="FormatException">What was read cannot be such a state.</exception>
    void ReadState(BinaryReader reader);
}
