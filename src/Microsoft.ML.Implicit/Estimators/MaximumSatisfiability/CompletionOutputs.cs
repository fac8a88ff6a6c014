using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What a trained model writes, and how long it looks for it.</summary>
/// <param name="Completed">Column of the completed bits.</param>
/// <param name="Confidence">Column of how sure each is, or <see langword="null"/>.</param>
/// <param name="Rounds">Rounds in which the surest bits are set before the rest is solved anew.</param>
internal sealed record CompletionOutputs(string Completed, string? Confidence, int Rounds)
{
    public IReadOnlyList<string> Names { get; } = [.. new[] { Completed, Confidence }.OfType<string>()];

    public void Write(DocumentWriter writer)
    {
        writer.Write("completed_column", Completed);
        writer.Write("confidence_column", Confidence);
        writer.Write("refinement_rounds", Rounds);
    }

    public static CompletionOutputs Read(DocumentReader reader)
    {
        var outputs = new CompletionOutputs(reader.Text("completed_column"), reader.OptionalText("confidence_column"), reader.Int32("refinement_rounds"));
        return outputs.Rounds >= 0 ? outputs : throw new FormatException($"The model file asks for {outputs.Rounds} rounds.");
    }
}
