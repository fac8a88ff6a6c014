using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Data;

/// <summary>What views of transformed data have in common.</summary>
internal static class TransformedData
{
    /// <summary>The exception where a view is to be saved as a part of a pipeline file of ML.NET's old API, which none of ours can be in.</summary>
    public static Exception RefuseToSave() => Contracts.ExceptNotSupp("Save the transformer, with MLContext.Model.Save, rather than the data that it makes.");
}
